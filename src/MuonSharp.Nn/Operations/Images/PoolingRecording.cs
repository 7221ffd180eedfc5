namespace MuonSharp.Nn;

/// <summary>Records what makes images smaller, and what takes them apart.</summary>
public static class PoolingRecording
{
    /// <summary>The greatest value in each window, channel by channel. Padding never wins; of equal values the first has the gradient, and a value that is no number wins.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">[batch·height·width, channels], the pixels of images.</param>
    /// <param name="window">Size, stride and padding, which is at most half of the window.</param>
    /// <returns>[pixels of the result, channels].</returns>
    /// <exception cref="ArgumentException">The window does not fit, or the rows of x are no images.</exception>
    public static Tensor MaxPool(this Tape tape, Tensor x, Window window)
    {
        (Images images, Images result) = Check(x, window, "max pool");
        return tape.AsImages(tape.Record(new MaxPoolOperation(x, window, images, result)).Output, result);
    }

    /// <summary>The mean of each window, channel by channel; pixels of the padding count as zeros, as torch's default.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">[batch·height·width, channels], the pixels of images.</param>
    /// <param name="window">Size, stride and padding, which is at most half of the window.</param>
    /// <returns>[pixels of the result, channels].</returns>
    /// <exception cref="ArgumentException">The window does not fit, or the rows of x are no images.</exception>
    public static Tensor AveragePool(this Tape tape, Tensor x, Window window)
    {
        (Images images, Images result) = Check(x, window, "average pool");
        return tape.AsImages(tape.Record(new AveragePoolOperation(x, window, images, result)).Output, result);
    }

    /// <summary>The mean of all pixels of each image, channel by channel.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">[batch·height·width, channels], the pixels of images.</param>
    /// <returns>[batch, channels]: a row for each image.</returns>
    /// <exception cref="ArgumentException">The rows of x are no images.</exception>
    public static Tensor GlobalAveragePool(this Tape tape, Tensor x) => tape.MeanRows(x, ImageRecording.ImagesOf(x, "global average pool").Pixels);

    /// <summary>The greatest value of all pixels of each image, channel by channel.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">[batch·height·width, channels], the pixels of images.</param>
    /// <returns>[batch, channels]: a row for each image.</returns>
    /// <exception cref="ArgumentException">The rows of x are no images.</exception>
    public static Tensor GlobalMaxPool(this Tape tape, Tensor x)
    {
        Images images = ImageRecording.ImagesOf(x, "global max pool");
        return tape.MaxPool(x, new Window(images.Height, images.Width));
    }

    /// <summary>One row for each image, channel by channel as torch flattens: columns are [channel, y, x].</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">[batch·height·width, channels], the pixels of images.</param>
    /// <returns>[batch, channels·height·width].</returns>
    /// <exception cref="ArgumentException">The rows of x are no images.</exception>
    public static Tensor Flatten(this Tape tape, Tensor x)
    {
        Images images = ImageRecording.ImagesOf(x, "flatten");
        return images.Pixels == 1 ? tape.Reshape(x, images.Batch) : tape.Record(new PlanesOperation(x, images, x.Columns, toPlanes: true)).Output;
    }

    /// <summary>Images from rows [channel, y, x], one for each image (NCHW): the opposite of <see cref="Flatten"/>.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">[batch, channels·height·width].</param>
    /// <param name="height">Rows of pixels.</param>
    /// <param name="width">Pixels of a row.</param>
    /// <returns>[batch·height·width, channels], the pixels of images.</returns>
    /// <exception cref="ArgumentException">The pixels do not divide the columns.</exception>
    public static Tensor ImagesFromPlanes(this Tape tape, Tensor x, int height, int width)
    {
        Rule.Check(
            height >= 1 && width >= 1 && x.Columns % ((long)height * width) == 0, $"[images] a row is planes of {height}x{width} pixels, one for each channel; {x}");
        var images = new Images(x.Rows, height, width);
        int channels = x.Columns / images.Pixels;
        Tensor pixels = images.Pixels == 1 || channels == 1
            ? tape.Reshape(x, images.Rows)
            : tape.Record(new PlanesOperation(x, images, channels, toPlanes: false)).Output;
        return tape.AsImages(pixels, images);
    }

    private static (Images Images, Images Result) Check(Tensor x, Window window, string operation)
    {
        Images images = ImageRecording.ImagesOf(x, operation), result = window.Over(images);
        Rule.Check(
            2L * window.Padding <= Math.Min(window.Height, window.Width), $"[{operation}] the padding is at most half of the window, so that every window sees an image; {window}");
        return (images, result);
    }
}
