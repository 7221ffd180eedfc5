using System.Text.Json;

namespace MuonSharp.Training;

/// <summary>What is wrong with a JSON text, in words for whoever wrote it.</summary>
internal static class JsonProblem
{
    /// <summary>What the reader said, and where: <c>... (line 3, byte 7)</c>.</summary>
    public static string Describe(JsonException error)
    {
        string place = error.LineNumber is { } line ? $" (line {line + 1}, byte {error.BytePositionInLine + 1})" : "";
        return FirstSentence(error.Message) + place;
    }

    /// <summary>A kind of value, with its article.</summary>
    public static string Name(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "true or false",
        _ => "null",
    };

    private static string FirstSentence(string message)
    {
        int end = message.IndexOf(". ", StringComparison.Ordinal);
        return (end < 0 ? message : message[..end]).TrimEnd('.').ReplaceLineEndings(" ");
    }
}
