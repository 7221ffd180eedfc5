namespace MuonSharp.Formats;

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
