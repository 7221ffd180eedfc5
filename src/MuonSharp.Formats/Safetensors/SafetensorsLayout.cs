using System.Collections.Immutable;

namespace MuonSharp.Formats;

/// <summary>The constants of the safetensors format and this reader's own limits.</summary>
internal static class SafetensorsFormat
{
    public const string Operation = "safetensors";

    /// <summary>The header's length comes first, as a 64-bit little-endian number.</summary>
    public const int LengthBytes = 8;

    /// <summary>The longest header, as in the reference implementation.</summary>
    public const int MaximumHeaderBytes = 100_000_000;

    /// <summary>More sizes than any tensor has; bounds what a hostile shape can make us allocate.</summary>
    public const int MaximumRank = 64;

    /// <summary>The header is padded with spaces so that the data starts at a multiple of this.</summary>
    public const int Alignment = 8;

    public const string MetadataKey = "__metadata__";
}

/// <summary>The rule by which tensors share a file: in order of offset they fill the data exactly.</summary>
/// <remarks>No overlap (one tensor could forge another), no hole and no rest (bytes could hide there).</remarks>
internal static class SafetensorsLayout
{
    /// <summary>Sorts by offset and checks that the tensors fill the bytes from the header's end to the file's end.</summary>
    public static void SortAndCheck(string path, List<TensorEntry> tensors, long dataStart, long fileLength)
    {
        tensors.Sort(static (a, b) => a.Offset != b.Offset ? a.Offset.CompareTo(b.Offset) : CompareInPlace(a, b));
        long position = dataStart;
        foreach (TensorEntry tensor in tensors)
        {
            if (tensor.Offset != position)
            {
                string problem = tensor.Offset < position ? "it must not overlap another" : "there must be no hole before it";
                throw Broken(path, tensor, $"{problem}; it begins at {tensor.Offset - dataStart}, the data before ends at {position - dataStart}");
            }

            if (tensor.Length > fileLength - position)
            {
                throw Broken(path, tensor, $"it must lie inside the file; {tensor.Length} bytes at {position}, the file has {fileLength}");
            }

            position += tensor.Length;
        }

        if (position != fileLength)
        {
            throw new InvalidFileException(
                SafetensorsFormat.Operation, path, $"the file must end with its last tensor, at {position}; it has {fileLength} bytes");
        }
    }

    // Empty tensors share their offset with the next one and come first.
    private static int CompareInPlace(TensorEntry a, TensorEntry b) =>
        a.Length != b.Length ? a.Length.CompareTo(b.Length) : string.CompareOrdinal(a.Name, b.Name);

    private static InvalidFileException Broken(string path, TensorEntry tensor, string problem) =>
        new(SafetensorsFormat.Operation, path, $"tensor {OneLine.Quote(tensor.Name)}: {problem}");
}

/// <summary>Where one tensor lies in a file. Every number was checked against the file's size.</summary>
/// <param name="Name">The tensor's name.</param>
/// <param name="Type">The encoding of its elements.</param>
/// <param name="Shape">Its sizes, outermost first; empty for a scalar.</param>
/// <param name="Offset">Its first byte, counted from the start of the file.</param>
/// <param name="Length">Its size in bytes.</param>
public sealed record TensorEntry(string Name, TensorType Type, ImmutableArray<long> Shape, long Offset, long Length)
{
    /// <summary>How many elements it has.</summary>
    public long Count => Length / Type.SizeInBytes();

    /// <summary>Type and shape for messages, such as <c>F32 [10, 20]</c>.</summary>
    public string Description => $"{Type.FileName()} [{string.Join(", ", Shape)}]";
}
