using System.Text.Json.Nodes;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>The <c>tokenizer.json</c> of a run folder.</summary>
/// <remarks>It says <c>"format": "muonsharp"</c>, because others write files of that name too; those of earlier versions say no format and are read as well.</remarks>
public static class TokenizerFile
{
    /// <summary>The file's name in a run folder.</summary>
    public const string Name = "tokenizer.json";

    private static readonly JsonOptions s_options = new() { Operation = "tokenizer" };

    /// <summary>Reads a tokenizer.</summary>
    /// <param name="path">Path of a <c>tokenizer.json</c>.</param>
    /// <exception cref="InvalidFileException">The file cannot be read, or describes no tokenizer.</exception>
    public static ITokenizer Load(string path) => Parse(JsonFile.ReadBytes(path, s_options), path);

    /// <summary>Reads a tokenizer from the bytes of its file.</summary>
    /// <param name="utf8">The bytes.</param>
    /// <param name="path">Path of the file, for messages.</param>
    /// <exception cref="InvalidFileException">They describe no tokenizer.</exception>
    public static ITokenizer Parse(ReadOnlySpan<byte> utf8, string path) => TokenizerKinds.FromJson(JsonFile.Parse(utf8, path, s_options));

    /// <summary>The file's bytes: the same for the same tokenizer.</summary>
    /// <param name="tokenizer">The tokenizer to write.</param>
    public static byte[] ToBytes(ITokenizer tokenizer) => IndentedJson.ToBytes(tokenizer.ToJson());
}

/// <summary>A tokenizer with the bytes of the file that it was read from: a run keeps them, whatever this version would write.</summary>
internal sealed record StoredTokenizer(ITokenizer Tokenizer, byte[] Bytes)
{
    /// <summary>The tokenizer that a checkpoint was written with.</summary>
    public static StoredTokenizer Read(LoadedCheckpoint checkpoint, string path)
    {
        byte[] bytes = checkpoint.ReadRunFile(path);
        return new(TokenizerFile.Parse(bytes, path), bytes);
    }
}

/// <summary>The kinds of tokenizers: how each is made from a training text, and from its file.</summary>
public static class TokenizerKinds
{
    private const string FormatKey = "format";
    private const string Format = "muonsharp";

    private static readonly Dictionary<string, TokenizerKind> s_kinds = new(StringComparer.Ordinal)
    {
        [CharacterTokenizer.KindName] = new(CharacterTokenizer.FromTexts, CharacterTokenizer.FromJson),
        [ByteTokenizer.KindName] = new(_ => new ByteTokenizer(), _ => new ByteTokenizer()),
    };

    /// <summary>Names of all kinds.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. s_kinds.Keys];

    /// <summary>A tokenizer of the named kind, fitted to a training text where the kind has something to fit.</summary>
    /// <param name="kind">One of <see cref="Names"/>.</param>
    /// <param name="text">The training text.</param>
    /// <exception cref="BadInputException">There is no such kind, or the text is empty.</exception>
    public static ITokenizer Create(string kind, string text) => Create(kind, [text]);

    /// <summary>A tokenizer of the named kind, fitted to a training text and to others that it is to know where the kind has something to fit.</summary>
    /// <param name="kind">One of <see cref="Names"/>.</param>
    /// <param name="texts">The training text, then the others.</param>
    /// <exception cref="BadInputException">There is no such kind, or all texts are empty.</exception>
    public static ITokenizer Create(string kind, IReadOnlyList<string> texts) => s_kinds.TryGetValue(kind, out TokenizerKind? found)
        ? found.FromTexts(texts)
        : throw new BadInputException($"[tokenizer] the kind must be one of {string.Join(", ", Names)}; {OneLine.Quote(kind)} came");

    /// <summary>The tokenizer that a <c>tokenizer.json</c> describes.</summary>
    /// <param name="json">The file's content.</param>
    internal static ITokenizer FromJson(JsonEntry json)
    {
        _ = json.Find(FormatKey)?.Choice([Format]);
        return s_kinds[json["kind"].Choice(Names)].FromJson(json);
    }

    /// <summary>The beginning of what a tokenizer of ours writes.</summary>
    internal static JsonObject NewJson(string kind) => new() { [FormatKey] = Format, ["kind"] = kind };

    private sealed record TokenizerKind(Func<IReadOnlyList<string>, ITokenizer> FromTexts, Func<JsonEntry, ITokenizer> FromJson);
}
