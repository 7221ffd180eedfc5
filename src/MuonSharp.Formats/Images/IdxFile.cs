using System.Buffers.Binary;

namespace MuonSharp.Formats;

/// <summary>Files of images and labels as MNIST and its descendants have them: two zeros, the type 8 (bytes), the number of dimensions, each dimension as
/// four bytes (highest first), then the bytes. Compressed with gzip or not.</summary>
/// <remarks>
/// Nothing is believed: a file that is not compressed has the length that its header says, to the byte; one that is may say at most what so many compressed bytes can
/// hold, 1032 times their number. So memory is bounded by the file's own length. Source: Y. LeCun, http://yann.lecun.com/exdb/mnist/.
/// </remarks>
public static class IdxFile
{
    private const string Operation = "idx";
    private const int MostRatio = 1032;
    private const byte ByteType = 8;

    /// <summary>Reads images and their labels.</summary>
    /// <param name="imagesPath">A file of three dimensions: images, rows, columns.</param>
    /// <param name="labelsPath">A file of one dimension, a byte for each image.</param>
    /// <returns>Grey images; the classes are numbered up to the greatest label.</returns>
    /// <exception cref="InvalidFileException">A file cannot be read, is no such file, or the two do not fit each other.</exception>
    public static ImageSet Read(string imagesPath, string labelsPath)
    {
        (byte[] pixels, ImageShape shape, int count) = ReadImages(imagesPath);
        byte[] labels = ReadLabels(labelsPath);
        return labels.Length == count
            ? new(shape, pixels, [.. labels.Select(label => (int)label)], ImageSet.Numbered(labels.Max() + 1))
            : throw new InvalidFileException(Operation, labelsPath, $"there must be a label for each of the {count} images of {OneLine.Quote(imagesPath)}; {labels.Length} came");
    }

    /// <summary>Reads images without labels.</summary>
    /// <param name="path">A file of three dimensions: images, rows, columns.</param>
    /// <returns>The pixels, shape [images, 1, rows, columns], the size of one, and how many there are.</returns>
    /// <exception cref="InvalidFileException">The file cannot be read, or is no such file.</exception>
    public static (byte[] Pixels, ImageShape Shape, int Count) ReadImages(string path)
    {
        (byte[] pixels, int[] sizes) = Read(path, dimensions: 3);
        return (pixels, new(1, sizes[1], sizes[2]), sizes[0]);
    }

    /// <summary>Reads labels.</summary>
    /// <param name="path">A file of one dimension.</param>
    /// <exception cref="InvalidFileException">The file cannot be read, or is no such file.</exception>
    public static byte[] ReadLabels(string path) => Read(path, dimensions: 1).Bytes;

    private static (byte[] Bytes, int[] Sizes) Read(string path, int dimensions)
    {
        using PackedFile file = PackedFile.Open(path, Operation);
        Span<byte> start = stackalloc byte[4];
        file.Read(start, "a header of four bytes");
        if (start is not [0, 0, ByteType, var found] || found != dimensions)
        {
            throw new InvalidFileException(
                Operation, path, $"the file must begin with 00 00 08 {dimensions:x2}, bytes in {dimensions} dimension{(dimensions == 1 ? "" : "s")}; {start[0]:x2} {start[1]:x2} {start[2]:x2} {start[3]:x2} came");
        }

        Span<byte> header = stackalloc byte[4 * dimensions];
        file.Read(header, "a size for each dimension");
        int[] sizes = new int[dimensions];
        long length = 1;
        for (int i = 0; i < dimensions; i++)
        {
            uint size = BinaryPrimitives.ReadUInt32BigEndian(header[(4 * i)..]);
            length = size is 0 or > int.MaxValue || length > Array.MaxLength / size
                ? throw new InvalidFileException(Operation, path, $"sizes must be from 1 on, and their product at most {Array.MaxLength}; {size} came in dimension {i + 1}")
                : length * size;
            sizes[i] = (int)size;
        }

        long here = file.Length - header.Length - start.Length;
        if (file.IsPacked ? length > file.Length * MostRatio : length != here)
        {
            throw new InvalidFileException(Operation, path, file.IsPacked
                ? $"the header must say how many bytes follow; it says {length}, more than {file.Length} compressed bytes can hold"
                : $"the header must say how many bytes follow; it says {length}, and {here} follow");
        }

        byte[] bytes = new byte[length];
        file.Read(bytes, $"the {length} bytes that the header says");
        file.RequireEnd($"the {length} bytes that the header says");
        return (bytes, sizes);
    }
}
