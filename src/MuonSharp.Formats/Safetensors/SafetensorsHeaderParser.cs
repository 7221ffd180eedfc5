using System.Collections.Immutable;
using System.Text.Json;

namespace MuonSharp.Formats;

/// <summary>Parses a safetensors header: strict JSON, no key twice, nothing unknown, every number in range.</summary>
/// <remarks>Knows one tensor at a time; how tensors share the data is <see cref="SafetensorsLayout"/>'s business.</remarks>
/// <param name="path">For messages.</param>
/// <param name="dataStart">Where the data begins in the file; added to every offset.</param>
internal sealed class SafetensorsHeaderParser(string path, long dataStart)
{
    private const string NumberRule = "must hold whole numbers from 0 to 2^63 - 1";

    private static readonly JsonOptions s_options = new()
    {
        Operation = SafetensorsFormat.Operation,
        Root = "header",
        MostBytes = SafetensorsFormat.MaximumHeaderBytes,
        Strict = true,
    };

    /// <summary>Reads all of a header.</summary>
    /// <param name="header">The JSON text, with padding.</param>
    public (List<TensorEntry> Tensors, Dictionary<string, string> Metadata) Parse(ReadOnlySpan<byte> header)
    {
        if (header.IsEmpty || header[0] != (byte)'{')
        {
            throw Broken("the header must begin with '{'");
        }

        List<TensorEntry> tensors = [];
        Dictionary<string, string> metadata = new(StringComparer.Ordinal);
        foreach (JsonEntry member in JsonFile.Parse(header, path, s_options).Members())
        {
            if (member.Name.Equals(SafetensorsFormat.MetadataKey, StringComparison.Ordinal))
            {
                metadata = ReadMetadata(member);
            }
            else
            {
                tensors.Add(ReadTensor(member));
            }
        }

        return (tensors, metadata);
    }

    private Dictionary<string, string> ReadMetadata(JsonEntry entry)
    {
        if (entry.Kind != JsonValueKind.Object)
        {
            throw Broken($"{SafetensorsFormat.MetadataKey} must be an object");
        }

        Dictionary<string, string> metadata = new(StringComparer.Ordinal);
        foreach (JsonEntry member in entry.Members())
        {
            metadata[member.Name] = member.TryText(out string text)
                ? text
                : throw Broken($"{SafetensorsFormat.MetadataKey} must map to strings; {OneLine.Quote(member.Name)} does not");
        }

        return metadata;
    }

    private TensorEntry ReadTensor(JsonEntry entry)
    {
        if (entry.Kind != JsonValueKind.Object)
        {
            throw Broken(entry, "must be an object");
        }

        TensorType? type = null;
        ImmutableArray<long>? shape = null;
        ImmutableArray<long>? offsets = null;
        foreach (JsonEntry member in entry.Members())
        {
            switch (member.Name)
            {
                case "dtype":
                    type = ReadType(entry, member);
                    break;
                case "shape":
                    shape = ReadNumbers(entry, member, SafetensorsFormat.MaximumRank);
                    break;
                case "data_offsets":
                    offsets = ReadNumbers(entry, member, 2);
                    break;
                default:
                    throw Broken(entry, $"the keys are dtype, shape and data_offsets; {OneLine.Quote(member.Name)} came");
            }
        }

        return type is null || shape is null || offsets is not { Length: 2 }
            ? throw Broken(entry, "dtype, shape and two data_offsets must be given")
            : Entry(entry, type.Value, shape.Value, offsets.Value[0], offsets.Value[1]);
    }

    private TensorType ReadType(JsonEntry tensor, JsonEntry entry) =>
        !entry.TryText(out string text) ? throw Broken(tensor, "dtype must be a string")
            : TensorTypes.TryParse(text, out TensorType type) ? type
            : throw Broken(tensor, $"dtype must be a type that can be read; {OneLine.Quote(text)} came");

    private ImmutableArray<long> ReadNumbers(JsonEntry tensor, JsonEntry entry, int limit)
    {
        if (entry.Kind != JsonValueKind.Array)
        {
            throw Broken(tensor, $"{entry.Name} must be an array");
        }

        return entry.Count > limit
            ? throw Broken(tensor, $"{entry.Name} may hold at most {limit} numbers")
            : [.. entry.Items().Select(item => ReadNumber(tensor, entry, item))];
    }

    // The format's numbers are plain: no point, no exponent.
    private long ReadNumber(JsonEntry tensor, JsonEntry entry, JsonEntry item) =>
        item.TryUnsigned(long.MaxValue, out ulong number) && item.RawText.All(char.IsAsciiDigit)
            ? (long)number
            : throw Broken(tensor, $"{entry.Name} {NumberRule}; {OneLine.Cut(item.RawText, 40)} came");

    private TensorEntry Entry(JsonEntry tensor, TensorType type, ImmutableArray<long> shape, long begin, long end)
    {
        long length = type.SizeInBytes();
        foreach (long size in shape)
        {
            if (size != 0 && length > long.MaxValue / size)
            {
                throw Broken(tensor, $"the shape must fit 63 bits of bytes; [{string.Join(", ", shape)}] does not");
            }

            length *= size;
        }

        if (begin > end || end - begin != length)
        {
            throw Broken(
                tensor,
                $"data_offsets must span the {length} bytes of {type.FileName()} [{string.Join(", ", shape)}]; [{begin}, {end}] came");
        }

        return end <= long.MaxValue - dataStart
            ? new TensorEntry(tensor.Name, type, shape, dataStart + begin, length)
            : throw Broken(tensor, $"data_offsets must lie inside the file; [{begin}, {end}] came");
    }

    private InvalidFileException Broken(JsonEntry tensor, string problem) => Broken($"tensor {OneLine.Quote(tensor.Name)}: {problem}");

    private InvalidFileException Broken(string problem) => new(SafetensorsFormat.Operation, path, problem);
}
