using System.Text.Json;
using System.Text.Json.Nodes;

namespace MuonSharp.Training;

/// <summary>The <c>tokenizer.json</c> of a run folder.</summary>
public static class TokenizerFile
{
    /// <summary>The file's name in a run folder.</summary>
    public const string Name = "tokenizer.json";

    /// <summary>Reads a tokenizer.</summary>
    /// <param name="path">Path of a <c>tokenizer.json</c>.</param>
    /// <exception cref="BadInputException">The file cannot be read, or describes no tokenizer.</exception>
    public static ITokenizer Load(string path)
    {
        byte[] utf8 = InputFile.ReadAll("tokenizer", path);
        try
        {
            return JsonNode.Parse(utf8) is JsonObject json
                ? TokenizerKinds.FromJson(json, path)
                : throw new BadInputException($"[tokenizer] {path}: the file must hold a JSON object");
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new BadInputException($"[tokenizer] {path}: the file must be JSON with distinct keys", error);
        }
    }

    /// <summary>The file's bytes: the same for the same tokenizer.</summary>
    /// <param name="tokenizer">The tokenizer to write.</param>
    public static byte[] ToBytes(ITokenizer tokenizer) => IndentedJson.ToBytes(tokenizer.ToJson());
}

/// <summary>The kinds of tokenizers: how each is made from a training text, and from its file.</summary>
public static class TokenizerKinds
{
    private static readonly Dictionary<string, TokenizerKind> s_kinds = new(StringComparer.Ordinal)
    {
        [CharacterTokenizer.KindName] = new(CharacterTokenizer.FromText, CharacterTokenizer.FromJson),
        [ByteTokenizer.KindName] = new(_ => new ByteTokenizer(), (_, _) => new ByteTokenizer()),
    };

    /// <summary>Names of all kinds.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. s_kinds.Keys];

    /// <summary>A tokenizer of the named kind, fitted to a training text where the kind has something to fit.</summary>
    /// <param name="kind">One of <see cref="Names"/>.</param>
    /// <param name="text">The training text.</param>
    /// <exception cref="BadInputException">There is no such kind, or the text is empty.</exception>
    public static ITokenizer Create(string kind, string text) => Find(kind, "tokenizer").FromText(text);

    /// <summary>The tokenizer that a <c>tokenizer.json</c> describes.</summary>
    /// <param name="json">The file's content.</param>
    /// <param name="path">The file's path, for messages.</param>
    internal static ITokenizer FromJson(JsonObject json, string path)
    {
        string kind = json["kind"] is JsonValue value && value.TryGetValue(out string? text) ? text : "";
        return Find(kind, path).FromJson(json, path);
    }

    private static TokenizerKind Find(string kind, string source) =>
        s_kinds.TryGetValue(kind, out TokenizerKind? found)
            ? found
            : throw new BadInputException(
                $"[tokenizer] {source}: the kind must be one of {string.Join(", ", s_kinds.Keys)}; '{kind}' came");

    private sealed record TokenizerKind(Func<string, ITokenizer> FromText, Func<JsonObject, string, ITokenizer> FromJson);
}
