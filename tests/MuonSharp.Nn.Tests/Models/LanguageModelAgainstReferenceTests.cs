using MuonSharp.Nn.Tests.Reference;

namespace MuonSharp.Nn.Tests.Models;

/// <summary>Whole decoders: loss, logits, greatest attention logits and every gradient against the straight-line double implementation.</summary>
public class LanguageModelAgainstReferenceTests
{
    /// <summary>Two or three blocks in float32; the gradients pass a dozen products and norms each way.</summary>
    private const double Tolerance = 1e-4;

    private static readonly ReferenceShape s_nanoGpt = new()
    {
        Gpt2 = true,
        LayerNorm = true,
        Activation = "gelu",
        Tied = true,
        Vocabulary = 65,
        Layers = 2,
        Heads = 2,
        Groups = 2,
        Width = 24,
        Hidden = 96,
    };

    private static readonly ReferenceShape s_modern = new()
    {
        Gpt2 = false,
        LayerNorm = false,
        Activation = "silu",
        Gated = true,
        Vocabulary = 65,
        Layers = 2,
        Heads = 4,
        Groups = 2,
        Width = 32,
        Hidden = 88,
        Epsilon = 1e-6,
    };

    private static readonly Dictionary<string, ReferenceShape> s_shapes = new(StringComparer.Ordinal)
    {
        ["nanoGPT: no biases, tied"] = s_nanoGpt,
        ["GPT-2: biases, tied"] = s_nanoGpt with { Biases = true },
        ["GPT-2: biases, head of its own"] = s_nanoGpt with { Biases = true, Tied = false },
        ["GPT-2: GELU by tanh"] = s_nanoGpt with { Biases = true, Activation = "gelu-tanh" },
        ["learned positions with RMSNorm and ReLU²"] = s_nanoGpt with { LayerNorm = false, Activation = "relu-squared" },
        ["learned positions with a window"] = s_nanoGpt with { Window = 3 },
        ["one head, one layer"] = s_nanoGpt with { Heads = 1, Groups = 1, Layers = 1, Width = 7, Hidden = 5 },
        ["modern: rotary, RMSNorm, SwiGLU, grouped keys"] = s_modern,
        ["modern: tied, window of 1"] = s_modern with { Tied = true, Window = 1 },
        ["modern: window, biases in attention"] = s_modern with { Window = 5, Biases = true },
        ["modern: norms of queries and keys, one key head"] = s_modern with { QueryKeyNorm = true, Groups = 1 },
        ["modern: heads wider than the stream, ReLU²"] = s_modern with { HeadWidthOverride = 12, Activation = "relu-squared", Gated = false, Groups = 4 },
        ["modern: LayerNorm, GELU, another base"] = s_modern with { LayerNorm = true, Activation = "gelu", Gated = false, Theta = 500, Biases = true },
        ["vocabulary of one"] = s_nanoGpt with { Vocabulary = 1 },
    };

    public static TheoryData<string> Names => [.. s_shapes.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Loss_and_all_gradients_of_three_sequences(string name) => Check(s_shapes[name], 3, 11, 16, targets => targets);

    [Theory]
    [MemberData(nameof(Names))]
    public void Loss_and_all_gradients_of_a_single_token(string name) => Check(s_shapes[name], 1, 1, 4, targets => targets);

    [Theory]
    [MemberData(nameof(Names))]
    public void Loss_and_all_gradients_with_ignored_targets(string name) =>
        Check(s_shapes[name], 2, 9, 9, targets => [.. targets.Select((t, i) => i % 4 == 2 || i < 5 ? -1 : t)]);

    [Theory]
    [MemberData(nameof(Names))]
    public void With_all_targets_ignored_loss_and_gradients_are_zero(string name) => Check(s_shapes[name], 1, 6, 9, targets => [.. targets.Select(_ => -1)]);

    /// <summary>Sequences and widths that do not fit the tiles, beyond the borders of attention's blocks.</summary>
    [Fact(Explicit = true)]
    public void A_long_sequence_through_nanoGPT() => Check(s_nanoGpt with { Layers = 1, Width = 66, Hidden = 130, Vocabulary = 97 }, 1, 130, 130, targets => targets);

    [Fact]
    public void A_long_sequence_through_the_modern_form() => Check(s_modern with { Layers = 1, Heads = 3, Groups = 1, Width = 66, Hidden = 130, Window = 65 }, 2, 129, 140, targets => targets);

    internal static void Check(ReferenceShape shape, int batch, int time, int context, Func<int[], int[]> ignore, int[]? positions = null)
    {
        Dictionary<string, double[]> weights = ReferenceWeights.Random(shape, context, seed: 3);
        int[] inputs = new TestNumbers(4).Tokens(batch * time, shape.Vocabulary), targets = ignore(new TestNumbers(5).Tokens(batch * time, shape.Vocabulary));
        ReferenceDecoder reference = new(shape, weights, inputs, targets, batch, time, positions: positions);
        using EngineModel model = new(shape, context, weights);

        LanguageProgram training = model.Program(inputs, targets, batch, time, training: true, positions);
        model.Decoder.Parameters.ZeroGradients();
        Assert.Equal(reference.Loss, training.Forward(), Tolerance * (1 + reference.Loss));
        training.Backward();
        Agreement.Within("maximum logits", reference.MaximumLogits, training.MaximumLogits, Tolerance);
        double largest = reference.Gradients.Values.Max(Agreement.RootMeanSquare);
        foreach ((string name, double[] gradient) in reference.Gradients)
        {
            Agreement.Within("gradient of " + name, gradient, model.Decoder.Parameters[name].Gradient.Span, Tolerance, terms: largest);
        }

        LanguageProgram inference = model.Program(inputs, targets, batch, time, training: false, positions);
        Assert.Equal(reference.Loss, inference.Forward(), Tolerance * (1 + reference.Loss));
        Agreement.Within("logits", reference.Logits, EngineModel.Logits(inference), Tolerance);
    }
}
