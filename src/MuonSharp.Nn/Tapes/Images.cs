namespace MuonSharp.Nn;

/// <summary>How a tensor's rows are images: each row is a pixel, each column a channel (channels last, NHWC). Row (image · height + y) · width + x is pixel (y, x).</summary>
/// <param name="Batch">Number of images.</param>
/// <param name="Height">Rows of pixels of each.</param>
/// <param name="Width">Pixels of a row.</param>
public sealed record Images(int Batch, int Height, int Width)
{
    /// <summary>Pixels of all images: the rows of a tensor.</summary>
    public int Rows => checked(Batch * Height * Width);

    /// <summary>Pixels of one image.</summary>
    public int Pixels => Height * Width;

    /// <inheritdoc/>
    public override string ToString() => $"{Batch} of {Height}x{Width}";
}

/// <summary>Makes images out of what is written before a run.</summary>
public static class ImageRecording
{
    /// <summary>Adds images, channels last, that the user writes before each run through <see cref="Tensor.Value"/>: value [image, y, x, channel].</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="name">Name for messages.</param>
    /// <param name="images">How many of which size; everything computed from them, pixel by pixel, inherits that.</param>
    /// <param name="channels">Numbers of a pixel.</param>
    /// <param name="gradient">Whether the backward run computes the gradient, readable through <see cref="Tensor.Gradient"/>.</param>
    /// <returns>[batch·height·width, channels].</returns>
    /// <exception cref="ArgumentException">A size is below 1.</exception>
    public static Tensor Input(this Tape tape, string name, Images images, int channels, bool gradient = false) =>
        tape.AsImages(tape.Input(name, images.Rows, channels, gradient), images);

    /// <summary>Says that a tensor's rows are the pixels of images, where that was lost on the way: in a reshape, for example. Nothing is recorded.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">[batch·height·width, channels].</param>
    /// <param name="images">What its rows are.</param>
    /// <returns>x.</returns>
    /// <exception cref="ArgumentException">A size is below 1, or x has another number of rows, or is other images already.</exception>
    public static Tensor AsImages(this Tape tape, Tensor x, Images images)
    {
        ArgumentNullException.ThrowIfNull(tape);
        Rule.Check(images is { Batch: >= 1, Height: >= 1, Width: >= 1 }, $"[images] there is at least one image with at least one pixel; {images}");
        Rule.Check(x.Rows == (long)images.Batch * images.Height * images.Width, $"[images] every row is a pixel of an image; {x}, images {images}");
        Rule.Check(x.Images is null || x.Images == images, $"[images] rows are the pixels of images once; {x} is {x.Images}, not {images}");
        x.Images = images;
        return x;
    }

    /// <summary>The images that a tensor's rows are.</summary>
    internal static Images ImagesOf(Tensor x, string operation)
    {
        Rule.Check(x.Images is not null, $"[{operation}] rows must be the pixels of images (tape.Input with Images, AsImages or ImagesFromPlanes say so); {x} is not");
        return x.Images!;
    }
}
