using System.Collections.Immutable;
using System.Globalization;

namespace MuonSharp.Formats;

/// <summary>Images of one size with a class each, as bytes: image by image, within one channel by channel, within one row by row.</summary>
public sealed class ImageSet
{
    private readonly byte[] _pixels;
    private readonly int[] _labels;

    /// <summary>A set of images.</summary>
    /// <param name="shape">Size of every image.</param>
    /// <param name="pixels">Shape [images, channels, height, width]; 0 is dark, 255 bright.</param>
    /// <param name="labels">The class of each image, from 0.</param>
    /// <param name="classes">Names of the classes; all labels are below their number.</param>
    /// <exception cref="ArgumentException">Sizes, labels and classes do not fit each other.</exception>
    public ImageSet(ImageShape shape, byte[] pixels, int[] labels, ImmutableArray<string> classes)
    {
        if (shape.Channels < 1 || shape.Height < 1 || shape.Width < 1 || shape.Length * labels.Length != pixels.Length)
        {
            throw new ArgumentException(FormattableString.Invariant($"[images] every image has channels x height x width pixels; {pixels.Length} pixels came for {labels.Length} images of {shape}"));
        }

        if (Array.FindIndex(labels, label => label < 0 || label >= classes.Length) is var at and >= 0)
        {
            throw new ArgumentException(FormattableString.Invariant($"[images] a label is from 0 to {classes.Length - 1}; image {at} has {labels[at]}"));
        }

        (Shape, _pixels, _labels, Classes) = (shape, pixels, labels, classes);
    }

    /// <summary>Number of images.</summary>
    public int Count => _labels.Length;

    /// <summary>Size of every image.</summary>
    public ImageShape Shape { get; }

    /// <summary>Names of the classes.</summary>
    public ImmutableArray<string> Classes { get; }

    /// <summary>The class of each image.</summary>
    public ReadOnlySpan<int> Labels => _labels;

    /// <summary>All pixels, shape [images, channels, height, width].</summary>
    public ReadOnlySpan<byte> Pixels => _pixels;

    /// <summary>The pixels of one image, shape [channels, height, width].</summary>
    /// <param name="index">The image, from 0.</param>
    public ReadOnlySpan<byte> this[int index] => _pixels.AsSpan(checked(index * (int)Shape.Length), (int)Shape.Length);

    /// <summary>The set with other names of the classes, as many as before or more.</summary>
    /// <param name="classes">The names.</param>
    /// <exception cref="ArgumentException">There are fewer than labels need.</exception>
    public ImageSet WithClasses(ImmutableArray<string> classes) => new(Shape, _pixels, _labels, classes);

    /// <summary>Sets of one shape, one behind the other; the classes are the first one's.</summary>
    /// <param name="sets">One or more.</param>
    /// <exception cref="ArgumentException">They have different shapes, or there is none.</exception>
    public static ImageSet Join(IReadOnlyList<ImageSet> sets)
    {
        if (sets.Count == 0 || sets.Any(set => set.Shape != sets[0].Shape))
        {
            throw new ArgumentException($"[images] sets that are joined have one shape; {string.Join(", ", sets.Select(set => set.Shape))} came");
        }

        return sets.Count == 1 ? sets[0] : new(sets[0].Shape, [.. sets.SelectMany(set => set._pixels)], [.. sets.SelectMany(set => set._labels)], sets[0].Classes);
    }

    /// <summary>Some of the images.</summary>
    /// <param name="indices">Which, in order.</param>
    public ImageSet Select(IReadOnlyList<int> indices)
    {
        byte[] pixels = new byte[checked(indices.Count * (int)Shape.Length)];
        for (int i = 0; i < indices.Count; i++)
        {
            this[indices[i]].CopyTo(pixels.AsSpan(i * (int)Shape.Length));
        }

        return new(Shape, pixels, [.. indices.Select(index => _labels[index])], Classes);
    }

    /// <summary>Names for classes that have none: their numbers.</summary>
    internal static ImmutableArray<string> Numbered(int count) => [.. Enumerable.Range(0, count).Select(i => i.ToString(CultureInfo.InvariantCulture))];
}

/// <summary>Size of an image.</summary>
/// <param name="Channels">1 for grey, 3 for red, green and blue.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
public readonly record struct ImageShape(int Channels, int Height, int Width)
{
    /// <summary>Number of values of an image.</summary>
    public long Length => (long)Channels * Height * Width;

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"{Channels}x{Height}x{Width}");
}
