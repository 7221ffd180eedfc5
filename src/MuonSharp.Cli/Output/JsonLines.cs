using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MuonSharp.Cli.Output;

/// <summary>Standard output for programs: one JSON object a line and nothing else.</summary>
internal static class JsonLines
{
    private static readonly JsonSerializerOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes one object and a line end.</summary>
    public static void Write(JsonObject value) => Console.Out.WriteLine(value.ToJsonString(s_options));
}

/// <summary>Text that a model wrote may hold any character; a terminal must not obey it.</summary>
internal static class Printable
{
    private const char Replacement = '\uFFFD';

    /// <summary>The text with control characters, but for tabs and line ends, replaced.</summary>
    public static string Of(string text) =>
        text.Any(Obeyed) ? string.Create(text.Length, text, (span, source) =>
        {
            for (int i = 0; i < span.Length; i++)
            {
                span[i] = Obeyed(source[i]) ? Replacement : source[i];
            }
        }) : text;

    private static bool Obeyed(char letter) => char.IsControl(letter) && letter is not ('\t' or '\n');
}
