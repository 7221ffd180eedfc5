using System.Collections.Immutable;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>The network of the CIFAR-10 speedrun: a whitening convolution, groups of two convolutions each, the greatest value of what is left of the image, a head whose result is
/// divided by its width.</summary>
/// <remarks>
/// <para>Parameters: <c>whiten.bias</c>, <c>layers.1</c> and on (<see cref="ConvolutionGroup"/>), <c>head.weight</c> [classes, last width], whose first values have a deviation of 1. The
/// whitening's filters are a buffer, zeros until <see cref="Whiten"/> fills them from images.</para>
/// <para>Images of 32x32 become 31, 15, 7 and 3 pixels wide; others need at least 16 with three groups. Nothing here is special: a network of one's own is put together of the same layers.</para>
/// <para>Source: KellerJordan/cifar10-airbench, <c>airbench94_muon.py</c>, <c>CifarNet</c>; K. Jordan, arXiv:2404.00498.</para>
/// </remarks>
public sealed class Airbench94 : ILayer
{
    /// <summary>Declares the network.</summary>
    /// <param name="builder">Builder of the model, or a scope in it.</param>
    /// <param name="options">Sizes; null for those of the speedrun.</param>
    /// <exception cref="ArgumentException">A size is below 1, or there is no group.</exception>
    public Airbench94(ModelBuilder builder, Airbench94Options? options = null)
    {
        Options = options ?? new();
        Rule.Check(
            Options is { Channels: >= 1, Classes: >= 1, WhiteningSize: >= 1, Widths.IsDefaultOrEmpty: false },
            $"[airbench94] there are channels, classes, a whitening window and at least one group; {Options}");
        Window window = Window.Square(Options.WhiteningSize);
        int width = 2 * Options.Channels * window.Pixels;
        Whitening = new(builder, "whiten", Options.Channels, width, window, frozen: true);
        ImmutableArray<ConvolutionGroup>.Builder groups = ImmutableArray.CreateBuilder<ConvolutionGroup>();
        foreach (int next in Options.Widths)
        {
            groups.Add(new(builder, $"layers.{groups.Count + 1}", width, next, Options.Epsilon, Options.Momentum));
            width = next;
        }

        Groups = groups.DrainToImmutable();
        Head = new(builder, "head", width, Options.Classes, bias: false, ParameterRole.Head, DerivedInitializers.UnitDeviation(Initializers.KaimingUniform()));
    }

    /// <summary>Its sizes.</summary>
    public Airbench94Options Options { get; }

    /// <summary>The whitening convolution.</summary>
    public Conv2d Whitening { get; }

    /// <summary>The groups, in order.</summary>
    public IReadOnlyList<ConvolutionGroup> Groups { get; }

    /// <summary>The last layer.</summary>
    public Linear Head { get; }

    /// <summary>Fills the whitening's filters from images as the network will see them: normalized. The speedrun takes the first 5,000 of the training images.</summary>
    /// <param name="team">Workers; null runs on the calling thread.</param>
    /// <param name="images">Pixels with channels last, [image, y, x, channel].</param>
    /// <param name="size">How many images of which size.</param>
    /// <exception cref="ArgumentException">The span does not hold the images.</exception>
    /// <exception cref="ArithmeticException">The images are not finite.</exception>
    public void Whiten(WorkerTeam? team, ReadOnlySpan<float> images, Images size) => Nn.Whitening.Fill(team, Whitening, images, size, Options.WhiteningEpsilon);

    /// <inheritdoc/>
    public Tensor Record(Tape tape, Tensor x)
    {
        x = tape.Activate(Whitening.Record(tape, x), Activation.Gelu);
        foreach (ConvolutionGroup group in Groups)
        {
            x = group.Record(tape, x);
        }

        return tape.Scale(Head.Record(tape, tape.GlobalMaxPool(x)), 1f / Head.Inputs);
    }
}

/// <summary>Sizes of an <see cref="Airbench94"/>.</summary>
public sealed record Airbench94Options
{
    /// <summary>Channels of the images. Default 3.</summary>
    public int Channels { get; init; } = 3;

    /// <summary>Number of classes. Default 10.</summary>
    public int Classes { get; init; } = 10;

    /// <summary>Channels of each group. Default 64, 256, 256.</summary>
    public ImmutableArray<int> Widths { get; init; } = [64, 256, 256];

    /// <summary>Height and width of the whitening filters, of which there are 2·channels·size². Default 2.</summary>
    public int WhiteningSize { get; init; } = 2;

    /// <summary>Added to the eigenvalues of the whitening. Default 5e-4.</summary>
    public double WhiteningEpsilon { get; init; } = Whitening.DefaultEpsilon;

    /// <summary>Added to the variances of the norms. Default 1e-12.</summary>
    public float Epsilon { get; init; } = 1e-12f;

    /// <summary>Share of a batch in the norms' running statistics. Default 0.4 (the script's momentum of 0.6 is the share of what was).</summary>
    public double Momentum { get; init; } = 0.4;
}
