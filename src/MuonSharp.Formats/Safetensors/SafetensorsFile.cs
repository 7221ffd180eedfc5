using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace MuonSharp.Formats;

/// <summary>A safetensors file, open for reading: the header is checked in full, tensors are read on demand.</summary>
/// <remarks>
/// <para>Trusts nothing: header length, JSON (strict, no key twice, bounded depth), types, shapes (overflow), offsets,
/// overlaps, holes and the file's end are all checked before anything is allocated from a size that the file states.</para>
/// <para>Tensors are read by position, straight into the caller's memory; several threads may read at once.</para>
/// <para>Source: https://github.com/huggingface/safetensors (format). Stricter than the reference in two points: a
/// tensor's object holds no unknown key, and a shape has at most 64 sizes.</para>
/// </remarks>
public sealed class SafetensorsFile : ITensorSource
{
    private readonly ByteSource _source;
    private readonly Dictionary<string, TensorEntry> _byName;

    private SafetensorsFile(ByteSource source, string path)
    {
        _source = source;
        Path = path;
        (List<TensorEntry> tensors, Dictionary<string, string> metadata) = ReadHeader();
        Tensors = tensors;
        Metadata = metadata;
        _byName = tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
    }

    /// <summary>The path it was opened from, or the name given for bytes in memory.</summary>
    public string Path { get; }

    /// <summary>The header's <c>__metadata__</c>; empty if there is none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Names => _byName.Keys;

    /// <summary>All tensors in the order in which they lie in the file.</summary>
    public IReadOnlyList<TensorEntry> Tensors { get; }

    /// <summary>Opens a file and checks its whole header.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The open file; dispose it to close.</returns>
    /// <exception cref="InvalidFileException">The file cannot be read or breaks a rule of the format.</exception>
    public static SafetensorsFile Open(string path) => Open(ByteSource.Open(path, SafetensorsFormat.Operation), path);

    /// <summary>Opens a file whose bytes are in memory already.</summary>
    /// <param name="bytes">The whole file; must not change while in use.</param>
    /// <param name="name">What messages call it.</param>
    /// <returns>The open file.</returns>
    /// <exception cref="InvalidFileException">The bytes break a rule of the format.</exception>
    public static SafetensorsFile Open(ReadOnlyMemory<byte> bytes, string name) => Open(new MemoryByteSource(bytes), name);

    /// <summary>Looks a tensor up by name.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="tensor">Where it lies, if there is one.</param>
    /// <returns>False if the file has no such tensor.</returns>
    public bool TryGet(string name, [NotNullWhen(true)] out TensorEntry? tensor) => _byName.TryGetValue(name, out tensor);

    /// <summary>Looks a tensor up that must be there.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <returns>Where it lies.</returns>
    /// <exception cref="InvalidFileException">The file has no such tensor.</exception>
    public TensorEntry Get(string name) =>
        TryGet(name, out TensorEntry? tensor) ? tensor : throw Broken($"there is no tensor {OneLine.Quote(name)}");

    /// <inheritdoc/>
    public bool TryGetShape(string name, out ImmutableArray<long> shape)
    {
        bool found = TryGet(name, out TensorEntry? tensor);
        shape = found ? tensor!.Shape : [];
        return found;
    }

    /// <summary>Reads a tensor of floating-point numbers, converting F16, BF16 and F64 (rounded to nearest) to float.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="destination">Receives all elements, row-major; its length must be the tensor's count.</param>
    /// <exception cref="InvalidFileException">No such tensor, another type or count, or the file changed meanwhile.</exception>
    public void ReadFloats(string name, Span<float> destination)
    {
        GetExactly(name, destination.Length);
        ReadFloats(name, 0, destination);
    }

    /// <inheritdoc/>
    public void ReadFloats(string name, long start, Span<float> destination)
    {
        TensorEntry tensor = Get(name);
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, tensor.Count - destination.Length);
        if (tensor.Type == TensorType.F32)
        {
            Fill(tensor, start * sizeof(float), MemoryMarshal.AsBytes(destination));
            return;
        }

        if (tensor.Type is not (TensorType.F16 or TensorType.BF16 or TensorType.F64))
        {
            throw Broken(name, $"it must hold F32, F16, BF16 or F64; it is {tensor.Description}");
        }

        Convert(tensor, start, destination, ElementConversion.ToFloats);
    }

    /// <summary>Reads a tensor of integers of any width (or of truth values).</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="destination">Receives all elements, row-major; its length must be the tensor's count.</param>
    /// <exception cref="InvalidFileException">No such tensor, another type or count, a U64 beyond 2^63 - 1, or the file changed.</exception>
    public void ReadIntegers(string name, Span<long> destination)
    {
        TensorEntry tensor = GetExactly(name, destination.Length);
        if (!ElementConversion.IsInteger(tensor.Type))
        {
            throw Broken(name, $"it must hold integers; it is {tensor.Description}");
        }

        try
        {
            Convert(tensor, 0, destination, ElementConversion.ToIntegers);
        }
        catch (OverflowException exception)
        {
            throw Broken($"tensor {OneLine.Quote(name)}: its integers must fit 63 bits and a sign; one does not", exception);
        }
    }

    /// <summary>Reads part of a tensor's bytes as they are.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="offset">The first byte to read, from the tensor's start.</param>
    /// <param name="destination">Receives as many bytes as it is long.</param>
    /// <exception cref="ArgumentOutOfRangeException">The bytes asked for do not lie inside the tensor.</exception>
    /// <exception cref="InvalidFileException">No such tensor, or the file changed meanwhile.</exception>
    public void ReadBytes(string name, long offset, Span<byte> destination)
    {
        TensorEntry tensor = Get(name);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, tensor.Length - destination.Length);
        Fill(tensor, offset, destination);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _source.Dispose();

    private delegate void Conversion<T>(TensorType type, ReadOnlySpan<byte> source, Span<T> destination);

    private static SafetensorsFile Open(ByteSource source, string path)
    {
        try
        {
            return new SafetensorsFile(source, path);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    private (List<TensorEntry> Tensors, Dictionary<string, string> Metadata) ReadHeader()
    {
        Span<byte> prefix = stackalloc byte[SafetensorsFormat.LengthBytes];
        if (!_source.TryRead(0, prefix))
        {
            throw Broken($"the file must begin with 8 bytes that give the header's length; it has {_source.Length}");
        }

        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > (ulong)(_source.Length - prefix.Length))
        {
            throw Broken($"the header must lie inside the file; it states {length} bytes, the file has {_source.Length}");
        }

        if (length > SafetensorsFormat.MaximumHeaderBytes)
        {
            throw Broken($"the header must have at most {SafetensorsFormat.MaximumHeaderBytes} bytes; it states {length}");
        }

        byte[] header = new byte[length];
        Fill(prefix.Length, header);
        long dataStart = prefix.Length + header.Length;
        (List<TensorEntry> tensors, Dictionary<string, string> metadata) = new SafetensorsHeaderParser(Path, dataStart).Parse(header);
        SafetensorsLayout.SortAndCheck(Path, tensors, dataStart, _source.Length);
        return (tensors, metadata);
    }

    private TensorEntry GetExactly(string name, int count)
    {
        TensorEntry tensor = Get(name);
        return tensor.Count == count ? tensor : throw Broken(name, $"{count} elements are needed; it is {tensor.Description}");
    }

    private void Convert<T>(TensorEntry tensor, long first, Span<T> destination, Conversion<T> convert)
    {
        const int ChunkBytes = 1 << 16;
        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(ChunkBytes, tensor.Length));
        int size = tensor.Type.SizeInBytes();
        int chunk = ChunkBytes / size;
        for (int start = 0; start < destination.Length; start += chunk)
        {
            int count = Math.Min(chunk, destination.Length - start);
            Span<byte> bytes = buffer.AsSpan(0, count * size);
            Fill(tensor, (first + start) * size, bytes);
            convert(tensor.Type, bytes, destination.Slice(start, count));
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }

    private void Fill(TensorEntry tensor, long offset, Span<byte> destination) => Fill(tensor.Offset + offset, destination);

    private void Fill(long offset, Span<byte> destination) => _source.Fill(offset, destination, SafetensorsFormat.Operation, Path);

    private InvalidFileException Broken(string name, string problem) => Broken($"tensor {OneLine.Quote(name)}: {problem}");

    private InvalidFileException Broken(string problem, Exception? inner = null) =>
        new(SafetensorsFormat.Operation, Path, problem, inner);
}
