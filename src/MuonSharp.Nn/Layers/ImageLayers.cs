namespace MuonSharp.Nn;

/// <summary>The greatest value of each window, channel by channel.</summary>
/// <param name="window">Size, stride and padding.</param>
public sealed class MaxPool2d(Window window) : ILayer
{
    /// <summary>Windows side by side, as torch's default: the stride is the size.</summary>
    /// <param name="size">Height, width and stride.</param>
    public MaxPool2d(int size)
        : this(Window.Square(size, size))
    {
    }

    /// <inheritdoc/>
    public Tensor Record(Tape tape, Tensor x) => tape.MaxPool(x, window);
}

/// <summary>The mean of each window, channel by channel.</summary>
/// <param name="window">Size, stride and padding.</param>
public sealed class AveragePool2d(Window window) : ILayer
{
    /// <summary>Windows side by side, as torch's default: the stride is the size.</summary>
    /// <param name="size">Height, width and stride.</param>
    public AveragePool2d(int size)
        : this(Window.Square(size, size))
    {
    }

    /// <inheritdoc/>
    public Tensor Record(Tape tape, Tensor x) => tape.AveragePool(x, window);
}

/// <summary>The mean of all pixels of an image, channel by channel: a row for each image.</summary>
public sealed class GlobalAveragePool2d : ILayer
{
    /// <inheritdoc/>
    public Tensor Record(Tape tape, Tensor x) => tape.GlobalAveragePool(x);
}

/// <summary>A row for each image, as torch flattens them: [channel, y, x].</summary>
public sealed class Flatten : ILayer
{
    /// <inheritdoc/>
    public Tensor Record(Tape tape, Tensor x) => tape.Flatten(x);
}
