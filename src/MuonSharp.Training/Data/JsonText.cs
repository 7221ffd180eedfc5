using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MuonSharp.Training;

/// <summary>How the library writes JSON files that people read.</summary>
internal static class JsonText
{
    /// <summary>Indented, and only what JSON itself demands is escaped.</summary>
    private static readonly JsonWriterOptions s_options = new()
    {
        Indented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The bytes of an indented file that ends with a line break.</summary>
    public static byte[] ToBytes(JsonObject json)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, s_options))
        {
            json.WriteTo(writer);
        }

        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }
}
