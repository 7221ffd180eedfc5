using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Unicode;

namespace MuonSharp.Formats;

/// <summary>A tensor to be written: a name, a type, a shape, and a view of memory that somebody else owns.</summary>
/// <remarks>Nothing is copied; the memory must stay alive and unchanged until it has been written.</remarks>
public sealed unsafe class NamedTensor
{
    private readonly ReadOnlyMemory<float> _floats;
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly float* _address;

    /// <summary>A tensor of floats in managed memory.</summary>
    /// <param name="name">Its name in the file.</param>
    /// <param name="shape">Its sizes, outermost first; their product is the number of values.</param>
    /// <param name="values">The values, row-major.</param>
    /// <exception cref="ArgumentException">The name cannot be written, or shape and number of values differ.</exception>
    public NamedTensor(string name, ReadOnlySpan<long> shape, ReadOnlyMemory<float> values)
        : this(name, TensorType.F32, shape, (long)values.Length * sizeof(float)) => _floats = values;

    /// <summary>A tensor of any type in managed memory.</summary>
    /// <param name="name">Its name in the file.</param>
    /// <param name="type">The encoding of the elements.</param>
    /// <param name="shape">Its sizes, outermost first; their product times the element's size is the number of bytes.</param>
    /// <param name="bytes">The elements, row-major, little-endian.</param>
    /// <exception cref="ArgumentException">The name cannot be written, or shape and number of bytes differ.</exception>
    public NamedTensor(string name, TensorType type, ReadOnlySpan<long> shape, ReadOnlyMemory<byte> bytes)
        : this(name, type, shape, bytes.Length) => _bytes = bytes;

    /// <summary>A tensor of floats in native memory.</summary>
    /// <param name="name">Its name in the file.</param>
    /// <param name="shape">Its sizes, outermost first; their product is <paramref name="count"/>.</param>
    /// <param name="values">The first value; row-major.</param>
    /// <param name="count">The number of values.</param>
    /// <exception cref="ArgumentException">The name cannot be written, or shape and count differ.</exception>
    public NamedTensor(string name, ReadOnlySpan<long> shape, float* values, long count)
        : this(name, TensorType.F32, shape, checked(count * sizeof(float))) => _address = values;

    private NamedTensor(string name, TensorType type, ReadOnlySpan<long> shape, long length)
    {
        if (name.Equals(SafetensorsFormat.MetadataKey, StringComparison.Ordinal) || !Utf8CanHold(name))
        {
            throw new ArgumentException($"[safetensors] a tensor's name must be Unicode text and not {SafetensorsFormat.MetadataKey}; {OneLine.Quote(name)} came");
        }

        if (shape.Length > SafetensorsFormat.MaximumRank || BytesOf(type, shape) != length)
        {
            throw new ArgumentException(
                $"[safetensors] tensor {OneLine.Quote(name)}: shape and memory must agree; {type.FileName()} [{string.Join(", ", shape.ToArray())}] came with {length} bytes");
        }

        (Name, Type, Shape, Length) = (name, type, ImmutableArray.Create(shape), length);
    }

    /// <summary>Its name in the file.</summary>
    public string Name { get; }

    /// <summary>The encoding of its elements.</summary>
    public TensorType Type { get; }

    /// <summary>Its sizes, outermost first.</summary>
    public ImmutableArray<long> Shape { get; }

    /// <summary>Its size in bytes.</summary>
    public long Length { get; }

    /// <summary>Some of its bytes, in place; offset and count are multiples of the element's size.</summary>
    internal ReadOnlySpan<byte> Slice(long offset, int count)
    {
        if (_address is not null)
        {
            return new ReadOnlySpan<byte>((byte*)_address + offset, count);
        }

        // Sliced before it is seen as bytes: a managed array of floats may have more bytes than a span can count.
        return _bytes.IsEmpty
            ? MemoryMarshal.AsBytes(_floats.Span.Slice((int)(offset / sizeof(float)), count / sizeof(float)))
            : _bytes.Span.Slice((int)offset, count);
    }

    private static long BytesOf(TensorType type, ReadOnlySpan<long> shape)
    {
        long bytes = type.SizeInBytes();
        foreach (long size in shape)
        {
            bytes = size < 0 ? -1 : checked(bytes * size);
        }

        return bytes;
    }

    private static bool Utf8CanHold(string name) =>
        Utf8.FromUtf16(name, new byte[name.Length * 3], out _, out _, replaceInvalidSequences: false) == System.Buffers.OperationStatus.Done;
}
