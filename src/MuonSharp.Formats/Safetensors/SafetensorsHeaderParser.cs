using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace MuonSharp.Formats;

/// <summary>Parses a safetensors header: strict JSON, no key twice, nothing unknown, every number in range.</summary>
/// <remarks>Knows one tensor at a time; how tensors share the data is <see cref="SafetensorsLayout"/>'s business.</remarks>
internal ref struct SafetensorsHeaderParser
{
    private readonly string _path;
    private readonly long _dataStart;
    private readonly List<TensorEntry> _tensors = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private Dictionary<string, string>? _metadata;
    private Utf8JsonReader _json;

    private SafetensorsHeaderParser(string path, ReadOnlySpan<byte> header, long dataStart)
    {
        _path = path;
        _dataStart = dataStart;
        _json = new Utf8JsonReader(header, new JsonReaderOptions { MaxDepth = SafetensorsFormat.MaximumDepth });
    }

    /// <summary>Reads all of a header.</summary>
    /// <param name="path">For messages.</param>
    /// <param name="header">The JSON text, with padding.</param>
    /// <param name="dataStart">Where the data begins in the file; added to every offset.</param>
    public static (List<TensorEntry> Tensors, Dictionary<string, string> Metadata) Parse(
        string path, ReadOnlySpan<byte> header, long dataStart)
    {
        var parser = new SafetensorsHeaderParser(path, header, dataStart);
        if (header.IsEmpty || header[0] != (byte)'{')
        {
            throw parser.Broken("the header must begin with '{'");
        }

        if (!System.Text.Unicode.Utf8.IsValid(header))
        {
            throw parser.Broken("the header must be UTF-8");
        }

        try
        {
            parser.ReadHeader();
        }
        catch (JsonException exception)
        {
            // The parser's message may quote all that follows.
            string came = $"{OneLine.Short(exception.Message)} at byte {parser._json.BytesConsumed} of the header";
            throw parser.Broken($"the header must be JSON as the format describes it; {came}", exception);
        }

        return (parser._tensors, parser._metadata ?? new Dictionary<string, string>(StringComparer.Ordinal));
    }

    private void ReadHeader()
    {
        _ = _json.Read();
        while (NextKey(out string name))
        {
            if (!_names.Add(name))
            {
                throw Broken($"each name may come once; {OneLine.Quote(name)} comes twice");
            }

            if (name.Equals(SafetensorsFormat.MetadataKey, StringComparison.Ordinal))
            {
                _metadata = ReadMetadata();
            }
            else
            {
                _tensors.Add(ReadTensor(name));
            }
        }

        _ = _json.Read(); // Anything but white space after the object throws.
    }

    private Dictionary<string, string> ReadMetadata()
    {
        Expect(JsonTokenType.StartObject, $"{SafetensorsFormat.MetadataKey} must be an object");
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        while (NextKey(out string key))
        {
            Expect(JsonTokenType.String, $"{SafetensorsFormat.MetadataKey} must map to strings; {OneLine.Quote(key)} does not");
            if (!metadata.TryAdd(key, Text()))
            {
                throw Broken($"each key of {SafetensorsFormat.MetadataKey} may come once; {OneLine.Quote(key)} comes twice");
            }
        }

        return metadata;
    }

    private TensorEntry ReadTensor(string name)
    {
        Expect(JsonTokenType.StartObject, $"tensor {OneLine.Quote(name)}: must be an object");
        TensorType? type = null;
        ImmutableArray<long>? shape = null;
        ImmutableArray<long>? offsets = null;
        while (NextKey(out string key))
        {
            bool again = key switch { "dtype" => type.HasValue, "shape" => shape.HasValue, "data_offsets" => offsets.HasValue, _ => false };
            if (again)
            {
                throw Broken(name, $"each key may come once; {key} comes twice");
            }

            switch (key)
            {
                case "dtype":
                    type = ReadType(name);
                    break;
                case "shape":
                    shape = ReadNumbers(name, key, SafetensorsFormat.MaximumRank);
                    break;
                case "data_offsets":
                    offsets = ReadNumbers(name, key, 2);
                    break;
                default:
                    throw Broken(name, $"the keys are dtype, shape and data_offsets; {OneLine.Quote(key)} came");
            }
        }

        if (type is null || shape is null || offsets is not { Length: 2 })
        {
            throw Broken(name, "dtype, shape and two data_offsets must be given");
        }

        return Entry(name, type.Value, shape.Value, offsets.Value[0], offsets.Value[1]);
    }

    private TensorType ReadType(string name)
    {
        Expect(JsonTokenType.String, $"tensor {OneLine.Quote(name)}: dtype must be a string");
        string text = Text();
        return TensorTypes.TryParse(text, out TensorType type)
            ? type
            : throw Broken(name, $"dtype must be a type that can be read; {OneLine.Quote(text)} came");
    }

    private ImmutableArray<long> ReadNumbers(string name, string key, int limit)
    {
        Expect(JsonTokenType.StartArray, $"tensor {OneLine.Quote(name)}: {key} must be an array");
        ImmutableArray<long>.Builder numbers = ImmutableArray.CreateBuilder<long>(Math.Min(limit, 4));
        while (_json.Read() && _json.TokenType != JsonTokenType.EndArray)
        {
            if (numbers.Count == limit)
            {
                throw Broken(name, $"{key} may hold at most {limit} numbers");
            }

            if (_json.TokenType != JsonTokenType.Number || !_json.TryGetUInt64(out ulong number) || number > long.MaxValue)
            {
                string came = OneLine.Quote(Encoding.UTF8.GetString(_json.ValueSpan[..Math.Min(_json.ValueSpan.Length, 40)]));
                throw Broken(name, $"{key} must hold whole numbers from 0 to 2^63 - 1; {came} came");
            }

            numbers.Add((long)number);
        }

        return numbers.DrainToImmutable();
    }

    private readonly TensorEntry Entry(string name, TensorType type, ImmutableArray<long> shape, long begin, long end)
    {
        long length = type.SizeInBytes();
        foreach (long size in shape)
        {
            if (size != 0 && length > long.MaxValue / size)
            {
                throw Broken(name, $"the shape must fit 63 bits of bytes; [{string.Join(", ", shape)}] does not");
            }

            length *= size;
        }

        if (begin > end || end - begin != length)
        {
            throw Broken(
                name,
                $"data_offsets must span the {length} bytes of {type.FileName()} [{string.Join(", ", shape)}]; [{begin}, {end}] came");
        }

        return end <= long.MaxValue - _dataStart
            ? new TensorEntry(name, type, shape, _dataStart + begin, length)
            : throw Broken(name, $"data_offsets must lie inside the file; [{begin}, {end}] came");
    }

    private bool NextKey(out string key)
    {
        _ = _json.Read();
        bool found = _json.TokenType == JsonTokenType.PropertyName;
        key = found ? Text() : string.Empty;
        return found;
    }

    private void Expect(JsonTokenType token, string rule)
    {
        _ = _json.Read();
        if (_json.TokenType != token)
        {
            throw Broken(rule);
        }
    }

    private readonly string Text()
    {
        try
        {
            return _json.GetString()!;
        }
        catch (InvalidOperationException exception)
        {
            throw Broken("strings must be Unicode text; one holds half of a surrogate pair", exception);
        }
    }

    private readonly InvalidFileException Broken(string name, string problem) => Broken($"tensor {OneLine.Quote(name)}: {problem}");

    private readonly InvalidFileException Broken(string problem, Exception? inner = null) =>
        new(SafetensorsFormat.Operation, _path, problem, inner);
}
