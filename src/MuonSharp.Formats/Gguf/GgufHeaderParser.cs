using System.Buffers.Binary;
using System.Text;

namespace MuonSharp.Formats;

/// <summary>Reads what stands before the tensors of a GGUF file; nothing is allocated from a size that the rest of the file could not hold.</summary>
internal sealed class GgufHeaderParser
{
    private const int ChunkBytes = 1 << 16;
    private const int LongestName = 1 << 16;

    /// <summary>Fewest bytes of a key with its value, and of a tensor's entry.</summary>
    private const int LeastPair = 13;
    private const int LeastTensor = 24;

    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ByteSource _source;
    private readonly string _path;
    private byte[] _buffer = [];
    private long _bufferStart;
    private long _position;

    public GgufHeaderParser(ByteSource source, string path) => (_source, _path) = (source, path);

    public (GgufMetadata Metadata, List<GgufTensorEntry> Tensors) Parse()
    {
        if (!Take(GgufFormat.Magic.Length).SequenceEqual(GgufFormat.Magic))
        {
            throw Broken("the file must begin with GGUF; something else came");
        }

        uint version = U32();
        if (version is not (2 or GgufFormat.Version))
        {
            throw Broken($"the version must be 2 or 3; {version} came");
        }

        ulong tensors = U64(), pairs = U64();
        if (tensors > (ulong)(_source.Length / LeastTensor) || pairs > (ulong)(_source.Length / LeastPair))
        {
            throw Broken($"the file must hold what its counts say; {tensors} tensors and {pairs} keys in {_source.Length} bytes came");
        }

        GgufMetadata metadata = new(_path);
        for (ulong i = 0; i < pairs; i++)
        {
            string key = Text(LongestName);
            metadata.AddValue(key, Value(U32(), inList: false));
        }

        List<GgufTensorEntry> entries = [];
        HashSet<string> names = new(StringComparer.Ordinal);
        for (ulong i = 0; i < tensors; i++)
        {
            entries.Add(Tensor(names));
        }

        int alignment = metadata.Has(GgufFormat.AlignmentKey) ? metadata.Whole(GgufFormat.AlignmentKey, 1, 1 << 20) : GgufFormat.DefaultAlignment;
        long start = GgufFormat.Aligned(_position, alignment);
        return (metadata, [.. entries.Select(entry => Place(entry, start, alignment))]);
    }

    private GgufTensorEntry Tensor(HashSet<string> names)
    {
        string name = Text(LongestName);
        if (!names.Add(name))
        {
            throw Broken($"each tensor may come once; {OneLine.Quote(name)} comes twice");
        }

        uint axes = U32();
        if (axes > GgufFormat.MostAxes)
        {
            throw Broken($"tensor {OneLine.Quote(name)}: it must have at most {GgufFormat.MostAxes} axes; {axes} came");
        }

        long[] shape = new long[axes];
        Int128 count = 1;
        for (int axis = shape.Length - 1; axis >= 0; axis--)
        {
            ulong size = U64();
            count = size <= long.MaxValue ? count * size : Int128.MaxValue / 2;
            if (count > int.MaxValue)
            {
                throw Broken($"tensor {OneLine.Quote(name)}: it must have fewer than 2^31 elements; more came");
            }

            shape[axis] = (long)size;
        }

        uint type = U32();
        ulong offset = U64();
        if (!GgufElements.IsKnown(type))
        {
            throw Broken($"tensor {OneLine.Quote(name)}: elements must be F32, F16, BF16 or Q8_0; {GgufElements.NameOf(type)} came");
        }

        var element = (GgufElement)type;
        long row = shape.Length == 0 ? 1 : shape[^1];
        if (row % GgufElements.Together(element) != 0)
        {
            throw Broken($"tensor {OneLine.Quote(name)}: rows of {GgufElements.NameOf(type)} must be a multiple of {GgufElements.Together(element)} long; {row} came");
        }

        long bytes = GgufElements.Bytes(element, (long)count);
        return offset <= (ulong)_source.Length
            ? new GgufTensorEntry(name, element, [.. shape], (long)offset, bytes)
            : throw Broken($"tensor {OneLine.Quote(name)}: it must lie inside the file; it begins at {offset} of {_source.Length} bytes");
    }

    private GgufTensorEntry Place(GgufTensorEntry entry, long start, int alignment)
    {
        long offset = start + entry.Offset;
        if (entry.Offset % alignment != 0 || offset > _source.Length - entry.Length)
        {
            throw Broken($"tensor {OneLine.Quote(entry.Name)}: it must lie inside the file, at a multiple of {alignment} bytes; {entry.Length} bytes from {offset} on of {_source.Length} came");
        }

        return entry with { Offset = offset };
    }

    private object Value(uint kind, bool inList) => (GgufKind)kind switch
    {
        GgufKind.U8 => Take(1)[0],
        GgufKind.I8 => (sbyte)Take(1)[0],
        GgufKind.U16 => BinaryPrimitives.ReadUInt16LittleEndian(Take(2)),
        GgufKind.I16 => BinaryPrimitives.ReadInt16LittleEndian(Take(2)),
        GgufKind.U32 => U32(),
        GgufKind.I32 => (int)U32(),
        GgufKind.F32 => BitConverter.UInt32BitsToSingle(U32()),
        GgufKind.Bool => Bool(),
        GgufKind.Text => Text((int)Math.Min(int.MaxValue, _source.Length)),
        GgufKind.U64 => U64(),
        GgufKind.I64 => (long)U64(),
        GgufKind.F64 => BitConverter.UInt64BitsToDouble(U64()),
        GgufKind.List when !inList => List(),
        _ => throw Broken($"a value must be of a kind that the format has{(inList ? ", and no list in a list" : "")}; kind {kind} came"),
    };

    /// <summary>Lists of numbers grow with what was read, so that a count that lies costs nothing.</summary>
    private object List()
    {
        uint kind = U32();
        ulong count = U64();
        int least = (GgufKind)kind switch
        {
            GgufKind.U8 or GgufKind.I8 or GgufKind.Bool => 1,
            GgufKind.U16 or GgufKind.I16 => 2,
            GgufKind.U32 or GgufKind.I32 or GgufKind.F32 => 4,
            _ => 8,
        };
        if (count > (ulong)(_source.Length - _position) / (ulong)least || count > int.MaxValue)
        {
            throw Broken($"a list must lie inside the file; one of {count} came");
        }

        return (GgufKind)kind switch
        {
            GgufKind.Text => Items<string>(kind, count),
            GgufKind.I32 => Items<int>(kind, count),
            GgufKind.U32 => Items<uint>(kind, count),
            GgufKind.F32 => Items<float>(kind, count),
            GgufKind.Bool => Items<bool>(kind, count),
            GgufKind.U8 => Items<byte>(kind, count),
            _ => Items<object>(kind, count),
        };
    }

    private T[] Items<T>(uint kind, ulong count)
    {
        List<T> items = [];
        for (ulong i = 0; i < count; i++)
        {
            items.Add((T)Value(kind, inList: true));
        }

        return [.. items];
    }

    private bool Bool() => Take(1)[0] switch
    {
        0 => false,
        1 => true,
        byte other => throw Broken($"a truth value must be 0 or 1; {other} came"),
    };

    private string Text(int longest)
    {
        ulong length = U64();
        if (length > (ulong)Math.Min(longest, _source.Length - _position))
        {
            throw Broken($"a text must lie inside the file, and a name have at most {LongestName} bytes; one of {length} bytes came");
        }

        try
        {
            return s_utf8.GetString(Take((int)length));
        }
        catch (DecoderFallbackException exception)
        {
            throw Broken($"a text must be UTF-8; the one before byte {_position} is not", exception);
        }
    }

    private uint U32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    private ulong U64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _source.Length - _position)
        {
            throw Broken($"the header must lie inside the file; it ends after {_source.Length} bytes");
        }

        if (_position + count > _bufferStart + _buffer.Length)
        {
            _buffer = new byte[Math.Min(Math.Max(count, ChunkBytes), _source.Length - _position)];
            _bufferStart = _position;
            _source.Fill(_position, _buffer, GgufFormat.Operation, _path);
        }

        ReadOnlySpan<byte> taken = _buffer.AsSpan((int)(_position - _bufferStart), count);
        _position += count;
        return taken;
    }

    private InvalidFileException Broken(string problem, Exception? inner = null) => new(GgufFormat.Operation, _path, problem, inner);
}
