using System.Buffers;
using System.Collections.Immutable;

namespace MuonSharp.Formats;

/// <summary>A GGUF file, open for reading: metadata and the table of tensors are checked in full, tensors are read on demand.</summary>
/// <remarks>
/// <para>Versions 2 and 3; elements F32, F16, BF16 and Q8_0, which are all that become floats without loss of meaning here: other quantizations are refused by name. Shapes are outermost first,
/// the other way round than in the file.</para>
/// <para>Trusts nothing: counts, lengths, kinds, text, sizes, offsets and the file's end are checked before anything is allocated from a size that the file states.</para>
/// <para>Source: ggml, <c>docs/gguf.md</c>.</para>
/// </remarks>
public sealed class GgufFile : ITensorSource
{
    private const int ChunkElements = 1 << 14;

    private readonly ByteSource _source;
    private readonly Dictionary<string, GgufTensorEntry> _byName;

    private GgufFile(ByteSource source, string path)
    {
        (_source, Path) = (source, path);
        (Metadata, List<GgufTensorEntry> tensors) = new GgufHeaderParser(source, path).Parse();
        Tensors = tensors;
        _byName = tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <summary>Keys and values.</summary>
    public GgufMetadata Metadata { get; }

    /// <summary>All tensors, in the order of the file's table.</summary>
    public IReadOnlyList<GgufTensorEntry> Tensors { get; }

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Names => _byName.Keys;

    /// <summary>Whether a path is a file that begins as a GGUF file does; nothing else of it is looked at.</summary>
    /// <param name="path">Any path.</param>
    public static bool IsOne(string path)
    {
        try
        {
            Span<byte> start = stackalloc byte[GgufFormat.Magic.Length];
            using FileStream? file = File.Exists(path) ? File.OpenRead(path) : null;
            return file is not null && file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start.SequenceEqual(GgufFormat.Magic);
        }
        catch (Exception exception) when (InvalidFileException.IsUnreadable(exception))
        {
            return false;
        }
    }

    /// <summary>Opens a file and checks all that stands before its tensors.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The open file; dispose it to close.</returns>
    /// <exception cref="InvalidFileException">The file cannot be read or breaks a rule of the format.</exception>
    public static GgufFile Open(string path) => Open(ByteSource.Open(path, GgufFormat.Operation), path);

    /// <summary>Opens a file whose bytes are in memory already.</summary>
    /// <param name="bytes">The whole file; must not change while in use.</param>
    /// <param name="name">What messages call it.</param>
    /// <returns>The open file.</returns>
    /// <exception cref="InvalidFileException">The bytes break a rule of the format.</exception>
    public static GgufFile Open(ReadOnlyMemory<byte> bytes, string name) => Open(new MemoryByteSource(bytes), name);

    /// <inheritdoc/>
    public bool TryGetShape(string name, out ImmutableArray<long> shape)
    {
        bool found = _byName.TryGetValue(name, out GgufTensorEntry? tensor);
        shape = found ? tensor!.Shape : [];
        return found;
    }

    /// <inheritdoc/>
    public void ReadFloats(string name, long start, Span<float> destination)
    {
        GgufTensorEntry tensor = _byName.TryGetValue(name, out GgufTensorEntry? found) ? found : throw Metadata.Broken($"there is no tensor {OneLine.Quote(name)}");
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, tensor.Count - destination.Length);
        int together = GgufElements.Together(tensor.Type);
        float[] elements = ArrayPool<float>.Shared.Rent(ChunkElements);
        byte[] bytes = ArrayPool<byte>.Shared.Rent((int)GgufElements.Bytes(tensor.Type, ChunkElements));
        while (destination.Length > 0)
        {
            // Blocks are decoded whole: what is wanted may begin or end inside of one.
            long first = start / together * together;
            int count = (int)Math.Min(ChunkElements, (start + destination.Length - first + together - 1) / together * together);
            Span<byte> part = bytes.AsSpan(0, (int)GgufElements.Bytes(tensor.Type, count));
            _source.Fill(tensor.Offset + GgufElements.Bytes(tensor.Type, first), part, GgufFormat.Operation, Path);
            GgufElements.Decode(tensor.Type, part, elements.AsSpan(0, count));
            int wanted = (int)Math.Min(destination.Length, first + count - start);
            elements.AsSpan((int)(start - first), wanted).CopyTo(destination);
            destination = destination[wanted..];
            start += wanted;
        }

        ArrayPool<float>.Shared.Return(elements);
        ArrayPool<byte>.Shared.Return(bytes);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _source.Dispose();

    private static GgufFile Open(ByteSource source, string path)
    {
        try
        {
            return new GgufFile(source, path);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }
}

/// <summary>A tensor of a GGUF file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">How its elements are encoded.</param>
/// <param name="Shape">Its sizes, outermost first.</param>
/// <param name="Offset">Its first byte in the file.</param>
/// <param name="Length">Its size in bytes.</param>
public sealed record GgufTensorEntry(string Name, GgufElement Type, ImmutableArray<long> Shape, long Offset, long Length)
{
    /// <summary>Number of elements.</summary>
    public long Count => Shape.Aggregate(1L, (product, size) => product * size);
}
