using MuonSharp.Formats;
using MuonSharp.Nn;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>The networks of images that a configuration can name. All are made of public layers.</summary>
public static class ImageNetworks
{
    /// <summary>Images that the whitening of airbench94 is computed of. Source: its script.</summary>
    private const int WhiteningImages = 5000;

    private static readonly Dictionary<string, ImageNetworkKind> s_kinds = new(StringComparer.Ordinal)
    {
        ["convnet"] = new([32, 64, 128], ConvNet.Create),
        ["airbench94"] = new([64, 256, 256], Airbench),
        ["perceptron"] = new([256, 128], Perceptron.Create),
    };

    /// <summary>Their names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. s_kinds.Keys];

    /// <summary>The widths that a network has where none are given.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    public static IReadOnlyList<int> WidthsOf(string name) => s_kinds[name].Widths;

    /// <summary>Declares a network.</summary>
    /// <param name="builder">Where its parameters are declared.</param>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="shape">Size of the images.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="widths">Widths of its layers; null: its own.</param>
    /// <exception cref="ArgumentException">There is no such network, or it does not fit the images.</exception>
    public static ImageNetwork Create(ModelBuilder builder, string name, ImageShape shape, int classes, IReadOnlyList<int>? widths = null)
    {
        ImageNetworkKind kind = s_kinds.GetValueOrDefault(name) ?? throw new ArgumentException($"[images] a network is one of {string.Join(", ", Names)}; '{name}' came");
        widths ??= kind.Widths;
        return widths.Count == kind.Widths.Count ? kind.Create(builder, shape, classes, widths)
            : throw new ArgumentException($"[images] {name} has {kind.Widths.Count} widths; {widths.Count} came");
    }

    /// <summary>The network of the CIFAR-10 speedrun; its first filters whiten patches of the first images.</summary>
    private static ImageNetwork Airbench(ModelBuilder builder, ImageShape shape, int classes, IReadOnlyList<int> widths)
    {
        Airbench94 layer = new(builder, new() { Channels = shape.Channels, Classes = classes, Widths = [.. widths] });
        return new(layer)
        {
            Prepare = (team, images, normalization) =>
            {
                int count = Math.Min(images.Count, WhiteningImages), length = (int)shape.Length;
                float[] pixels = new float[count * length];
                for (int i = 0; i < count; i++)
                {
                    new ImageView(Mirrored: false, 0, 0).Write(images[i], normalization, pixels.AsSpan(i * length, length));
                }

                layer.Whiten(team, pixels, new(count, shape.Height, shape.Width));
            },
        };
    }

    private sealed record ImageNetworkKind(IReadOnlyList<int> Widths, Func<ModelBuilder, ImageShape, int, IReadOnlyList<int>, ImageNetwork> Create);
}

/// <summary>A network of images that is declared.</summary>
/// <param name="Layer">Makes a row of logits of each image, channels last.</param>
public sealed record ImageNetwork(ILayer Layer)
{
    /// <summary>What is computed of the training images once the model is built and before the first step; null: nothing.</summary>
    public Action<WorkerTeam, ImageSet, ImageNormalization>? Prepare { get; init; }
}

/// <summary>Fully connected layers with GELU between: what a convolution has to beat.</summary>
internal sealed class Perceptron : ILayer
{
    private readonly List<Linear> _layers = [];
    private readonly Linear _head;

    private Perceptron(ModelBuilder builder, ImageShape shape, int classes, IReadOnlyList<int> widths)
    {
        int inputs = (int)shape.Length;
        foreach (int width in widths)
        {
            _layers.Add(new Linear(builder, $"layers.{_layers.Count + 1}", inputs, width));
            inputs = width;
        }

        _head = new Linear(builder, "head", inputs, classes, role: ParameterRole.Head);
    }

    public static ImageNetwork Create(ModelBuilder builder, ImageShape shape, int classes, IReadOnlyList<int> widths) => new(new Perceptron(builder, shape, classes, widths));

    public Tensor Record(Tape tape, Tensor x)
    {
        x = tape.Flatten(x);
        foreach (Linear layer in _layers)
        {
            x = layer.Record(tape, x, Activation.Gelu);
        }

        return _head.Record(tape, x);
    }
}

/// <summary>A small convolutional network: groups of two convolutions of 3x3, each with batch norm and GELU, a max pooling of 2x2 after the first of each group, then the mean over the pixels and a head.</summary>
internal sealed class ConvNet : ILayer
{
    private readonly List<(Conv2d Filters, BatchNorm Norm, bool Pools)> _layers = [];
    private readonly Linear _head;

    private ConvNet(ModelBuilder builder, ImageShape shape, int classes, IReadOnlyList<int> widths)
    {
        (int inputs, int height, int width) = (shape.Channels, shape.Height, shape.Width);
        for (int group = 0; group < widths.Count; group++)
        {
            ModelBuilder scope = builder.Scope($"layers.{group + 1}");
            bool pools = Math.Min(height, width) >= 4;
            _layers.Add((new Conv2d(scope, "conv1", inputs, widths[group], Window.Same(3), bias: false), new BatchNorm(scope, "norm1", widths[group]), pools));
            _layers.Add((new Conv2d(scope, "conv2", widths[group], widths[group], Window.Same(3), bias: false), new BatchNorm(scope, "norm2", widths[group]), false));
            (inputs, height, width) = (widths[group], pools ? height / 2 : height, pools ? width / 2 : width);
        }

        _head = new Linear(builder, "head", inputs, classes, role: ParameterRole.Head);
    }

    public static ImageNetwork Create(ModelBuilder builder, ImageShape shape, int classes, IReadOnlyList<int> widths) => new(new ConvNet(builder, shape, classes, widths));

    public Tensor Record(Tape tape, Tensor x)
    {
        foreach ((Conv2d filters, BatchNorm norm, bool pools) in _layers)
        {
            x = filters.Record(tape, x);
            x = pools ? tape.MaxPool(x, Window.Square(2, 2)) : x;
            x = tape.Activate(norm.Record(tape, x), Activation.Gelu);
        }

        return _head.Record(tape, tape.GlobalAveragePool(x));
    }
}
