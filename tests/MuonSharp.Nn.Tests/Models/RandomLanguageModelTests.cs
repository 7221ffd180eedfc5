using MuonSharp.Nn.Tests.Reference;

namespace MuonSharp.Nn.Tests.Models;

/// <summary>Several hundred random configurations of both families against the straight-line decoder in double: loss, logits, every gradient.</summary>
public class RandomLanguageModelTests
{
    private const int Blocks = 12;
    private const int PerBlock = 40;

    /// <summary>One block for every run of the tests, all for a run of everything.</summary>
    public static TheoryData<int> Numbers => [.. Enumerable.Range(0, Blocks).Select(block => new TheoryDataRow<int>(block) { Explicit = block > 0 })];

    [Theory]
    [MemberData(nameof(Numbers))]
    public void A_random_configuration_agrees_with_the_reference(int block)
    {
        for (int number = block * PerBlock; number < (block + 1) * PerBlock; number++)
        {
            TestNumbers numbers = new(1000 + (ulong)number);
            ReferenceShape shape = Shape(numbers);
            int batch = 1 + numbers.Below(3), time = 1 + numbers.Below(numbers.Below(6) == 0 ? 70 : 14), context = time + numbers.Below(5);
            shape = shape with { WindowsByLayer = [.. Enumerable.Range(0, shape.Layers).Select(_ => numbers.Below(2) == 0 ? null : (int?)(1 + numbers.Below(time + 2)))], LogitCap = number % 3 == 2 ? 2 + (number % 20) : null };
            int ignored = numbers.Below(3);
            int[]? positions = numbers.Below(2) == 0 ? null : numbers.Documents(batch, time, context);
            Exception? error = Record.Exception(() => LanguageModelAgainstReferenceTests.Check(
                shape, batch, time, context, targets => [.. targets.Select((target, i) => ignored > 0 && i % (ignored + 2) == 0 && i > 0 ? -1 : target)], positions));
            Assert.True(
                error is null,
                $"configuration {number}: batch {batch}, time {time}, context {context}, windows {string.Join(", ", shape.WindowsByLayer.Select(w => w?.ToString() ?? "none"))}, positions {string.Join(' ', positions ?? [])}, {shape}{Environment.NewLine}{error}");
        }
    }

    [Fact]
    public void The_configurations_reach_every_form()
    {
        ReferenceShape[] shapes = [.. Enumerable.Range(0, Blocks * PerBlock).Select(number => Shape(new TestNumbers(1000 + (ulong)number)))];
        (string What, Func<ReferenceShape, bool> Is)[] forms =
        [
            ("gpt2", shape => shape.Gpt2), ("llama", shape => !shape.Gpt2), ("RMSNorm", shape => !shape.LayerNorm), ("tied", shape => shape.Tied), ("biases", shape => shape.Biases),
            ("QK-norm", shape => shape.QueryKeyNorm), ("grouped heads", shape => shape.Groups < shape.Heads && shape.Groups > 1), ("one key head", shape => shape.Groups == 1 && shape.Heads > 1),
            ("heads of another width", shape => shape.HeadWidthOverride is not null), ("heads wider than a block of lanes", shape => shape.HeadWidth > 16),
            ("gated", shape => shape.Gated), .. Activation.All.Select(activation => (activation.Name, (Func<ReferenceShape, bool>)(shape => shape.Activation == activation.Name))),
        ];
        Assert.All(forms, form => Assert.True(shapes.Count(form.Is) >= 10, $"{shapes.Count(form.Is)} of {shapes.Length} configurations are {form.What}"));
        Assert.Equal(shapes.Length, shapes.Distinct().Count());
    }

    private static ReferenceShape Shape(TestNumbers numbers)
    {
        bool gpt2 = numbers.Below(5) < 2;
        int groups = 1 + numbers.Below(3), heads = gpt2 ? groups : groups * (1 + numbers.Below(3));
        int headWidth = gpt2 ? 4 + numbers.Below(16) : 2 * (1 + numbers.Below(numbers.Below(4) == 0 ? 20 : 8));
        bool wide = !gpt2 && numbers.Below(2) == 0;
        return new ReferenceShape
        {
            Gpt2 = gpt2,
            LayerNorm = numbers.Below(2) == 0,
            Activation = Activation.All[numbers.Below(Activation.All.Count)].Name,
            Gated = !gpt2 && numbers.Below(2) == 0,
            Tied = numbers.Below(2) == 0,
            Vocabulary = 2 + numbers.Below(60),
            Layers = 1 + numbers.Below(3),
            Heads = heads,
            Groups = groups,
            Width = wide ? 5 + numbers.Below(40) : Math.Max(4, heads * headWidth),
            HeadWidthOverride = wide || heads * headWidth < 4 ? headWidth : null,
            Hidden = 1 + numbers.Below(90),
            Biases = numbers.Below(2) == 0,
            QueryKeyNorm = !gpt2 && numbers.Below(3) == 0,
            Epsilon = numbers.Below(2) == 0 ? 1e-5 : 1e-3,
            Theta = numbers.Below(2) == 0 ? 10000 : 20 + numbers.Below(500),
        };
    }
}
