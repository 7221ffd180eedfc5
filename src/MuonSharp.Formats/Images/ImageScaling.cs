namespace MuonSharp.Formats;

/// <summary>Images of any size as squares of one.</summary>
/// <remarks>
/// <para>Each pixel is the mean of those around its place, by weights that fall in a straight line to nothing: over one pixel of the image where it grows, over one of the result where it shrinks, so that no pixel is passed over
/// (a triangle filter, the bilinear resizing "with antialiasing" of Pillow and torchvision). Sums are in double precision and in one order: same bytes on every processor.</para>
/// <para>Places, sizes and the cut are torchvision's <c>Resize(size)</c> and <c>CenterCrop(size)</c>.</para>
/// </remarks>
public static class ImageScaling
{
    /// <summary>The middle of an image whose shorter side is scaled to a size.</summary>
    /// <param name="pixels">Shape <paramref name="shape"/>: channel by channel, row by row.</param>
    /// <param name="shape">Size of the image, no side of which is 0.</param>
    /// <param name="size">Rows and columns of the result, 1 or more.</param>
    /// <returns>Shape [channels, size, size]; the very pixels where that is the image's own size.</returns>
    /// <exception cref="ArgumentException">The pixels do not fill the shape, or the size is none.</exception>
    public static byte[] Square(ReadOnlySpan<byte> pixels, ImageShape shape, int size)
    {
        if (size < 1 || shape.Channels < 1 || shape.Height < 1 || shape.Width < 1 || shape.Length != pixels.Length)
        {
            throw new ArgumentException(FormattableString.Invariant($"[images] an image of channels x height x width pixels is scaled to a size of 1 or more; {pixels.Length} pixels of {shape} and {size} came"));
        }

        if (shape.Height == size && shape.Width == size)
        {
            return pixels.ToArray();
        }

        int shorter = Math.Min(shape.Height, shape.Width);
        Axis rows = new(shape.Height, shorter, size), columns = new(shape.Width, shorter, size);
        byte[] square = new byte[checked(shape.Channels * size * size)];
        double[] narrow = new double[checked(rows.Length * size)];
        for (int channel = 0; channel < shape.Channels; channel++)
        {
            ReadOnlySpan<byte> plane = pixels.Slice(channel * shape.Height * shape.Width, shape.Height * shape.Width);
            for (int y = 0; y < rows.Length; y++)
            {
                ReadOnlySpan<byte> row = plane.Slice((rows.First + y) * shape.Width, shape.Width);
                for (int x = 0; x < size; x++)
                {
                    (int from, double[] weights) = columns.Taps[x];
                    double sum = 0;
                    for (int i = 0; i < weights.Length; i++)
                    {
                        sum += weights[i] * row[from + i];
                    }

                    narrow[(y * size) + x] = sum;
                }
            }

            for (int y = 0; y < size; y++)
            {
                (int from, double[] weights) = rows.Taps[y];
                for (int x = 0; x < size; x++)
                {
                    double sum = 0;
                    for (int i = 0; i < weights.Length; i++)
                    {
                        sum += weights[i] * narrow[((from - rows.First + i) * size) + x];
                    }

                    square[(((channel * size) + y) * size) + x] = (byte)Math.Clamp(Math.Round(sum), 0, 255);
                }
            }
        }

        return square;
    }

    /// <summary>One direction: which pixels, and how much of each, make up a pixel of the result.</summary>
    private sealed class Axis
    {
        /// <param name="length">Pixels of the image in this direction.</param>
        /// <param name="shorter">Pixels of its shorter side, which become <paramref name="size"/>.</param>
        /// <param name="size">Pixels that are kept, from the middle.</param>
        public Axis(int length, int shorter, int size)
        {
            int scaled = (int)Math.Min((long)size * length / shorter, int.MaxValue), skipped = (int)Math.Round((scaled - size) / 2.0);
            double step = (double)length / scaled, reach = Math.Max(1, step);
            Taps = [.. Enumerable.Range(skipped, size).Select(i => TapsAt((i + 0.5) * step, reach, length))];
            First = Taps[0].From;
            Length = Taps[^1].From + Taps[^1].Weights.Length - First;
        }

        /// <summary>The first pixel and the weights of it and those behind it, for each pixel that is kept.</summary>
        public (int From, double[] Weights)[] Taps { get; }

        /// <summary>The first pixel of the image that counts.</summary>
        public int First { get; }

        /// <summary>How many there are from it on.</summary>
        public int Length { get; }

        private static (int From, double[] Weights) TapsAt(double center, double reach, int length)
        {
            int from = Math.Max(0, (int)(center - reach + 0.5)), to = Math.Min(length, (int)(center + reach + 0.5));
            double[] weights = [.. Enumerable.Range(from, to - from).Select(i => Math.Max(0, 1 - (Math.Abs(i + 0.5 - center) / reach)))];
            double sum = weights.Sum();
            return (from, [.. weights.Select(weight => weight / sum)]);
        }
    }
}
