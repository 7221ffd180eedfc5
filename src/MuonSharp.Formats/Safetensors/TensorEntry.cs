using System.Collections.Immutable;

namespace MuonSharp.Formats;

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
