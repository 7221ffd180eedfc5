using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MuonSharp.Formats;

/// <summary>JSON files that people read: indented, ending with a line break, escaping only what JSON demands.</summary>
public static class IndentedJson
{
    /// <summary>The way of writing, the same on every system.</summary>
    public static JsonWriterOptions Options { get; } = new()
    {
        Indented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>A file's bytes.</summary>
    /// <param name="json">The file's content.</param>
    public static byte[] ToBytes(JsonObject json)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteTo(writer);
        }

        return [.. buffer.WrittenSpan, (byte)'\n'];
    }
}
