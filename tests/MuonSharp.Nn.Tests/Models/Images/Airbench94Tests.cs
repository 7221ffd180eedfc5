using MuonSharp.Nn.Tests.Reference;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn.Tests.Models.Images;

/// <summary>What the golden case does not say of the network of the CIFAR-10 speedrun: its sizes, its first values, and the whitening of other images.</summary>
public class Airbench94Tests
{
    [Fact]
    public void The_published_sizes_and_first_values()
    {
        ModelBuilder builder = new(seed: 1);
        Airbench94 network = new(builder);
        using Model model = builder.Build();

        // 24 biases; filters 9 (24·64 + 64² + 64·256 + 3·256²); norm biases 2 (64 + 256 + 256); the head.
        Assert.Equal(24 + (9 * ((24 * 64) + (64 * 64) + (64 * 256) + (3 * 256 * 256))) + (2 * 576) + 2560, model.Parameters.ElementCount);
        Assert.Equal(6, model.Parameters.Parameters.Count(parameter => parameter.Role == ParameterRole.Matrix));
        Span<float> filters = network.Groups[0].First.Weight!.Weights.Span;
        for (int i = 0; i < filters.Length && i < 24 * 24 * 9; i++) Assert.Equal(i == (i / 216 * 216) + (i / 216 * 9) + 4 ? 1 : 0, filters[i]);
        Assert.InRange(filters[(24 * 216)..].ToArray().Max(MathF.Abs), 0.9f / MathF.Sqrt(216), 1 / MathF.Sqrt(216));
        double[] head = Agreement.ToDoubles(network.Head.Weight.Weights.Span);
        Assert.Equal(1, Math.Sqrt(head.Sum(value => (value - head.Average()) * (value - head.Average())) / (head.Length - 1)), 1e-5);
    }

    [Theory]
    [InlineData(2, 28, 1, 2)]
    [InlineData(1, 32, 3, 3)]
    public void Other_images_and_windows(int batch, int size, int channels, int window)
    {
        ModelBuilder builder = new(seed: 1);
        Airbench94 network = new(builder, new Airbench94Options { Channels = channels, Classes = 7, Widths = [8, 8, 8], WhiteningSize = window });
        using Model model = builder.Build();
        using Tape tape = model.NewTape(training: true);
        Tensor logits = network.Record(tape, tape.Input("x", new Nn.Images(batch, size, size), channels));
        Assert.Equal((batch, 7), (logits.Rows, logits.Columns));
    }

    [Fact]
    public void Whitened_patches_are_uncorrelated_and_of_size_one_whatever_the_threads()
    {
        (Nn.Images size, Window window) = (new(6, 9, 8), new(2, 3));
        float[] images = Agreement.ToFloats(new TestNumbers(1).Normals(size.Rows * 2, 0.7, 0.4));
        for (int i = 2; i < images.Length; i++) images[i] += 0.6f * images[i - 2];
        float[]? first = null;
        foreach (int threads in new[] { 0, 1, 3 })
        {
            using WorkerTeam? team = threads == 0 ? null : new WorkerTeam(threads);
            float[] filters = new float[24 * 12];
            Whitening.Fill(team, images, size, 2, window, filters, epsilon: 0);
            Assert.Equal(first ??= filters, filters);
        }

        ReferenceConvolution white = new(
            Agreement.ToDoubles(images), Agreement.ToDoubles(first.AsSpan(0, 12 * 12)), new double[12], new double[6 * 8 * 6 * 12], size, window, 2, 12);
        for (int i = 0; i < 144; i++)
        {
            double correlation = Enumerable.Range(0, 6 * 8 * 6).Average(pixel => white.Y[(pixel * 12) + (i / 12)] * white.Y[(pixel * 12) + (i % 12)]);
            Assert.Equal(i / 12 == i % 12 ? 1 : 0, correlation, 1e-4);
            Assert.Equal(-first![i], first[144 + i]);
        }

        // The length of a filter is one over the root of its eigenvalue, the greatest of which is the first.
        double[] lengths = [.. Agreement.ToDoubles(first.AsSpan(0, 144)).Chunk(12).Select(filter => filter.Sum(weight => weight * weight))];
        Assert.Equal(lengths.Order(), lengths);
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        float[] images = new float[2 * 3 * 3];
        Assert.Contains("[whitening] there is a number", Assert.Throws<ArgumentException>(() => Whitening.Fill(null, images, new(1, 3, 3), 1, new(2, 2), new float[4])).Message, StringComparison.Ordinal);
        Assert.Contains("[whitening] there are up to 8", Assert.Throws<ArgumentException>(() => Whitening.Fill(null, images, new(2, 3, 3), 1, new(2, 2), new float[36])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new Airbench94(new ModelBuilder(1), new Airbench94Options { Widths = [] }));
    }
}
