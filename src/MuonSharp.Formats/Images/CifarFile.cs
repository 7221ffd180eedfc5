namespace MuonSharp.Formats;

/// <summary>CIFAR's binary files: records of a label (CIFAR-100: a coarse and a fine one) and 3 x 32 x 32 bytes, all of red, then green, then blue.</summary>
/// <remarks>Source: A. Krizhevsky, https://www.cs.toronto.edu/~kriz/cifar.html. There is no header, so all that can be checked is: whole records, labels in their range.</remarks>
public static class CifarFile
{
    /// <summary>Size of every image.</summary>
    public static readonly ImageShape Shape = new(3, 32, 32);

    private const string Operation = "cifar";

    /// <summary>Reads a file of CIFAR-10.</summary>
    /// <param name="path">The file, such as <c>data_batch_1.bin</c>.</param>
    /// <exception cref="InvalidFileException">It cannot be read, has half a record, or a label above 9.</exception>
    public static ImageSet ReadTen(string path) => Read(path, "CIFAR-10", [10]);

    /// <summary>Reads a file of CIFAR-100, with the fine labels.</summary>
    /// <param name="path">The file, <c>train.bin</c> or <c>test.bin</c>.</param>
    /// <exception cref="InvalidFileException">It cannot be read, has half a record, a coarse label above 19 or a fine one above 99.</exception>
    public static ImageSet ReadHundred(string path) => Read(path, "CIFAR-100", [20, 100]);

    private static ImageSet Read(string path, string name, ReadOnlySpan<int> classes)
    {
        using PackedFile file = PackedFile.Open(path, Operation, asIs: true);
        int length = (int)Shape.Length, record = length + classes.Length;
        if (file.Length == 0 || file.Length % record != 0 || file.Length > Array.MaxLength)
        {
            throw new InvalidFileException(Operation, path, $"a file of {name} must be whole records of {record} bytes, 1 to {Array.MaxLength / record}; {file.Length} bytes came");
        }

        int count = (int)(file.Length / record);
        byte[] pixels = new byte[count * length];
        int[] labels = new int[count];
        Span<byte> label = stackalloc byte[classes.Length];
        for (int i = 0; i < count; i++)
        {
            file.Read(label, $"{count} records");
            for (int j = 0; j < label.Length; j++)
            {
                labels[i] = label[j] < classes[j]
                    ? label[j]
                    : throw new InvalidFileException(Operation, path, $"a label of {name} must be below {classes[j]}; {label[j]} came in record {i}");
            }

            file.Read(pixels.AsSpan(i * length, length), $"{count} records");
        }

        return new(Shape, pixels, labels, ImageSet.Numbered(classes[^1]));
    }
}
