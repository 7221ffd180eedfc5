using System.Text.Json.Nodes;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>What a network sees of a byte: (byte / 255 - mean) / deviation, both of the channel over all training images.</summary>
public sealed class ImageNormalization
{
    private const int Bytes = 256, MostPixels = 1 << 16;
    private readonly float[] _values;

    /// <summary>A normalization by given numbers.</summary>
    /// <param name="shape">Size of the images.</param>
    /// <param name="means">Mean of each channel, in [0, 1].</param>
    /// <param name="deviations">Standard deviation of each channel, above 0.</param>
    /// <exception cref="ArgumentException">There are not as many numbers as channels, or a deviation is not above 0.</exception>
    public ImageNormalization(ImageShape shape, IReadOnlyList<double> means, IReadOnlyList<double> deviations)
    {
        if (means.Count != shape.Channels || deviations.Count != shape.Channels || !deviations.All(value => value > 0 && double.IsFinite(value)) || !means.All(double.IsFinite))
        {
            throw new ArgumentException($"[images] {shape.Channels} means and as many deviations above 0 are needed; {string.Join(", ", means)} and {string.Join(", ", deviations)} came");
        }

        (Shape, Means, Deviations) = (shape, [.. means], [.. deviations]);
        _values = [.. Enumerable.Range(0, shape.Channels * Bytes).Select(i => (float)(((i % Bytes / 255.0) - means[i / Bytes]) / deviations[i / Bytes]))];
    }

    /// <summary>Size of the images.</summary>
    public ImageShape Shape { get; }

    /// <summary>Mean of each channel, in [0, 1].</summary>
    public IReadOnlyList<double> Means { get; }

    /// <summary>Standard deviation of each channel.</summary>
    public IReadOnlyList<double> Deviations { get; }

    /// <summary>The normalization by the mean and the standard deviation (over all pixels, not the estimate for more of them) of a set of images.</summary>
    /// <remarks>Sums are whole numbers, so their order does not matter. A channel that is the same everywhere keeps a deviation of 1.</remarks>
    /// <param name="images">One image or more.</param>
    public static ImageNormalization Of(ImageSet images)
    {
        (int channels, int plane) = (images.Shape.Channels, images.Shape.Height * images.Shape.Width);
        (double[] means, double[] deviations) = (new double[channels], new double[channels]);
        Span<long> counts = stackalloc long[Bytes];
        for (int channel = 0; channel < channels; channel++)
        {
            counts.Clear();
            for (int i = 0; i < images.Count; i++)
            {
                foreach (byte value in images[i].Slice(channel * plane, plane))
                {
                    counts[value]++;
                }
            }

            (Int128 sum, Int128 squares, Int128 count) = (0, 0, (Int128)images.Count * plane);
            for (int value = 0; value < Bytes; value++)
            {
                sum += (Int128)value * counts[value];
                squares += (Int128)value * value * counts[value];
            }

            Int128 spread = (squares * count) - (sum * sum);
            means[channel] = (double)sum / (double)count / 255;
            deviations[channel] = spread == 0 ? 1 : Math.Sqrt((double)spread) / (double)count / 255;
        }

        return new(images.Shape, means, deviations);
    }

    /// <summary>What each byte becomes in a channel.</summary>
    internal ReadOnlySpan<float> Values(int channel) => _values.AsSpan(channel * Bytes, Bytes);

    internal JsonObject ToJson() => new()
    {
        ["shape"] = new JsonArray(Shape.Channels, Shape.Height, Shape.Width),
        ["means"] = new JsonArray([.. Means.Select(value => (JsonNode)value)]),
        ["deviations"] = new JsonArray([.. Deviations.Select(value => (JsonNode)value)]),
    };

    /// <summary>What <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="InvalidFileException">It wrote something else.</exception>
    internal static ImageNormalization FromJson(JsonEntry json)
    {
        int[] shape = [.. json["shape"].Items(3, 3).Select(size => size.Integer(1, MostPixels))];
        try
        {
            return new(new(shape[0], shape[1], shape[2]), [.. json["means"].Items(1).Select(value => value.Number())], [.. json["deviations"].Items(1).Select(value => value.Number())]);
        }
        catch (ArgumentException error)
        {
            throw json.Broken(error.Message);
        }
    }
}
