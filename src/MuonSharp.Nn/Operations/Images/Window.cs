namespace MuonSharp.Nn;

/// <summary>A window that moves over images: what a convolution or a pooling looks at for one pixel of its result.</summary>
/// <param name="Height">Rows of pixels in the window, 1 or more.</param>
/// <param name="Width">Pixels of a row of the window, 1 or more.</param>
/// <param name="Stride">Pixels from one window to the next, in both directions, 1 or more.</param>
/// <param name="Padding">Rows and columns that the images are thought to have around them, 0 or more.</param>
public readonly record struct Window(int Height, int Width, int Stride = 1, int Padding = 0)
{
    /// <summary>Pixels of the window.</summary>
    public int Pixels => Height * Width;

    /// <summary>A window as high as wide.</summary>
    /// <param name="size">Its height and width.</param>
    /// <param name="stride">Pixels from one window to the next.</param>
    /// <param name="padding">Rows and columns around the images.</param>
    public static Window Square(int size, int stride = 1, int padding = 0) => new(size, size, stride, padding);

    /// <summary>A square window of odd size that leaves the images as large as they are: padding (size - 1) / 2.</summary>
    /// <param name="size">Its height and width.</param>
    /// <exception cref="ArgumentException">The size is even.</exception>
    public static Window Same(int size)
    {
        Rule.Check(size >= 1 && size % 2 == 1, $"[window] only an odd size keeps the images' size; {size}");
        return new(size, size, 1, size / 2);
    }

    /// <summary>The images that come out: ⌊(size + 2·padding - window) / stride⌋ + 1 in each direction, as torch's.</summary>
    /// <param name="images">The images that the window moves over.</param>
    /// <exception cref="ArgumentException">The window is not inside of the padded images, or a size is out of range.</exception>
    public Images Over(Images images)
    {
        Rule.Check(
            Height >= 1 && Width >= 1 && Stride >= 1 && Padding >= 0, $"[window] a window has a size and a stride of at least 1 and a padding of at least 0; {this}");
        Rule.Check(
            images.Height + (2L * Padding) >= Height && images.Width + (2L * Padding) >= Width, $"[window] a window fits into the padded images; {this}, images {images}");
        return new(images.Batch, (int)((images.Height + (2L * Padding) - Height) / Stride) + 1, (int)((images.Width + (2L * Padding) - Width) / Stride) + 1);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Height}x{Width} by {Stride}, padding {Padding}";
}
