using System.Buffers;
using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace MuonSharp.Formats;

/// <summary>Writes safetensors files, streaming: tensors go from the caller's memory to the stream, uncopied.</summary>
/// <remarks>
/// The same tensors give the same bytes: they are laid out by element size (largest first, so that each is aligned) and
/// then by name, metadata by key, and the header is padded with spaces to a multiple of 8. That is the layout of the
/// reference implementation.
/// </remarks>
public static class SafetensorsWriter
{
    // One write is at most this long, so that a memory-backed span never exceeds what a stream takes.
    private const int ChunkBytes = 1 << 20;

    /// <summary>Writes one file's bytes to a stream.</summary>
    /// <param name="stream">Receives the bytes from its current position on; need not be seekable; is not flushed.</param>
    /// <param name="tensors">The tensors, in any order.</param>
    /// <param name="metadata">Strings for the header's <c>__metadata__</c>; left out if null or empty.</param>
    /// <exception cref="ArgumentException">Two tensors have the same name, or the header would be longer than readers accept.</exception>
    public static void Write(Stream stream, IEnumerable<NamedTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        NamedTensor[] ordered = Order(tensors);
        ArrayBufferWriter<byte> header = Header(ordered, metadata);
        Span<byte> length = stackalloc byte[SafetensorsFormat.LengthBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.WrittenCount);
        stream.Write(length);
        stream.Write(header.WrittenSpan);
        foreach (NamedTensor tensor in ordered)
        {
            for (long offset = 0; offset < tensor.Length; offset += ChunkBytes)
            {
                stream.Write(tensor.Slice(offset, (int)Math.Min(ChunkBytes, tensor.Length - offset)));
            }
        }
    }

    /// <summary>Writes a file, replacing what was there.</summary>
    /// <param name="path">The file; appears under this name only when it is complete.</param>
    /// <param name="tensors">The tensors, in any order.</param>
    /// <param name="metadata">Strings for the header's <c>__metadata__</c>; left out if null or empty.</param>
    /// <exception cref="ArgumentException">Two tensors have the same name, or the header would be longer than readers accept.</exception>
    /// <exception cref="WriteFailedException">The file could not be written; what was there before is untouched.</exception>
    public static void Write(string path, IEnumerable<NamedTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null) =>
        ReplacedFile.Write(path, SafetensorsFormat.Operation, stream => Write(stream, tensors, metadata));

    private static NamedTensor[] Order(IEnumerable<NamedTensor> tensors)
    {
        NamedTensor[] ordered = [.. tensors.OrderByDescending(tensor => tensor.Type.SizeInBytes()).ThenBy(tensor => tensor.Name, StringComparer.Ordinal)];
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (NamedTensor tensor in ordered)
        {
            if (!names.Add(tensor.Name))
            {
                throw new ArgumentException($"[safetensors] each name may come once; {OneLine.Quote(tensor.Name)} comes twice");
            }
        }

        return ordered;
    }

    private static ArrayBufferWriter<byte> Header(NamedTensor[] tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        var header = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(header, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            WriteMetadata(json, metadata);
            long offset = 0;
            foreach (NamedTensor tensor in tensors)
            {
                WriteEntry(json, tensor, offset);
                offset = checked(offset + tensor.Length);
            }

            json.WriteEndObject();
        }

        int padding = -header.WrittenCount & (SafetensorsFormat.Alignment - 1);
        header.GetSpan(SafetensorsFormat.Alignment)[..padding].Fill((byte)' ');
        header.Advance(padding);
        return header.WrittenCount <= SafetensorsFormat.MaximumHeaderBytes
            ? header
            : throw new ArgumentException($"[safetensors] the header must have at most {SafetensorsFormat.MaximumHeaderBytes} bytes; it has {header.WrittenCount}");
    }

    private static void WriteMetadata(Utf8JsonWriter json, IReadOnlyDictionary<string, string>? metadata)
    {
        if (metadata is null || metadata.Count == 0)
        {
            return;
        }

        json.WriteStartObject(SafetensorsFormat.MetadataKey);
        foreach ((string key, string value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
    }

    private static void WriteEntry(Utf8JsonWriter json, NamedTensor tensor, long offset)
    {
        json.WriteStartObject(tensor.Name);
        json.WriteString("dtype", tensor.Type.FileName());
        json.WriteStartArray("shape");
        foreach (long size in tensor.Shape)
        {
            json.WriteNumberValue(size);
        }

        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(offset);
        json.WriteNumberValue(checked(offset + tensor.Length));
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
