using System.Text.Json.Nodes;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>The <c>tokenizer.json</c> of a run folder.</summary>
/// <remarks>Byte pair encodings are written as Hugging Face's tokenizers reads them. Characters and bytes say <c>"format": "muonsharp"</c>; files of earlier versions say no format and are read as well.</remarks>
public static class TokenizerFile
{
    /// <summary>The file's name in a run folder.</summary>
    public const string Name = "tokenizer.json";

    private static readonly JsonOptions s_options = new() { Operation = "tokenizer" };

    /// <summary>Reads a tokenizer. Where its file does not say what is put around a text, a <c>tokenizer_config.json</c> beside it may (<c>add_bos_token</c>, <c>add_eos_token</c>).</summary>
    /// <param name="path">Path of a <c>tokenizer.json</c>.</param>
    /// <exception cref="InvalidFileException">A file cannot be read, or describes no tokenizer.</exception>
    public static ITokenizer Load(string path)
    {
        ITokenizer tokenizer = Parse(JsonFile.ReadBytes(path, s_options), path);
        return tokenizer is BytePairTokenizer { Definition: { HasTemplate: false } definition } && TokenizerConfigFile.Complete(definition, path) is { } complete
            ? BytePairTokenizer.Create(complete) : tokenizer;
    }

    /// <summary>Reads a tokenizer from the bytes of its file.</summary>
    /// <param name="utf8">The bytes.</param>
    /// <param name="path">Path of the file, for messages.</param>
    /// <exception cref="InvalidFileException">They describe no tokenizer.</exception>
    public static ITokenizer Parse(ReadOnlySpan<byte> utf8, string path) => TokenizerKinds.FromJson(JsonFile.Parse(utf8, path, s_options));

    /// <summary>Writes a tokenizer.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="path">The file; appears under this name only when it is complete.</param>
    /// <exception cref="WriteFailedException">It could not be written; what was there before is untouched.</exception>
    public static void Save(ITokenizer tokenizer, string path) => ReplacedFile.Write(path, "tokenizer", ToBytes(tokenizer));

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

    /// <summary>Names of all kinds that a text or nothing is needed for. Others come from a file or from <see cref="Gpt2Vocabulary"/>.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. s_kinds.Keys];

    /// <summary>What a name may be, after "must be".</summary>
    internal static string Rule { get; } = $"one of {string.Join(", ", Names)}, {Gpt2Vocabulary.Name}, or the path of a {TokenizerFile.Name} or of a GGUF file";

    /// <summary>A tokenizer of the named kind, fitted to a training text where the kind has something to fit.</summary>
    /// <param name="kind">One of <see cref="Names"/>, <c>gpt2</c>, or the path of a <c>tokenizer.json</c>.</param>
    /// <param name="text">The training text.</param>
    /// <exception cref="BadInputException">There is no such kind, or the text is empty.</exception>
    /// <exception cref="InvalidFileException">The kind is a file that cannot be read, or describes no tokenizer.</exception>
    public static ITokenizer Create(string kind, string text) => Create(kind, [text]);

    /// <summary>A tokenizer of the named kind, fitted to a training text and to others that it is to know where the kind has something to fit.</summary>
    /// <param name="kind">One of <see cref="Names"/>, <c>gpt2</c>, or the path of a <c>tokenizer.json</c>.</param>
    /// <param name="texts">The training text, then the others.</param>
    /// <exception cref="BadInputException">There is no such kind, or all texts are empty.</exception>
    /// <exception cref="InvalidFileException">The kind is a file that cannot be read, or describes no tokenizer.</exception>
    public static ITokenizer Create(string kind, IReadOnlyList<string> texts) => s_kinds.TryGetValue(kind, out TokenizerKind? found)
        ? found.FromTexts(texts)
        : FromName(kind) ?? throw new BadInputException($"[tokenizer] the kind must be {Rule}; {OneLine.Quote(kind)} came");

    /// <summary>A tokenizer of the named kind, fitted to texts in files that are read along the way.</summary>
    internal static ITokenizer Create(string kind, IReadOnlyList<IReadOnlyList<string>> files) =>
        kind == CharacterTokenizer.KindName ? CharacterTokenizer.FromReaders(files.Select(each => new JoinedReader(each))) : Create(kind, [""]);

    /// <summary>A tokenizer that needs no text: <c>byte</c>, <c>gpt2</c>, a <c>tokenizer.json</c>, a folder with one, such as a run, or a GGUF file.</summary>
    /// <param name="name">A name or a path.</param>
    /// <exception cref="BadInputException">There is no such tokenizer.</exception>
    /// <exception cref="InvalidFileException">The file cannot be read, or describes no tokenizer.</exception>
    public static ITokenizer Open(string name) => (name == ByteTokenizer.KindName ? new ByteTokenizer() : FromName(name))
        ?? throw new BadInputException($"[tokenizer] a tokenizer must be {ByteTokenizer.KindName}, {Gpt2Vocabulary.Name}, a {TokenizerFile.Name}, a folder with one or a GGUF file; {OneLine.Quote(name)} came");

    private static ITokenizer? FromName(string name) => name == Gpt2Vocabulary.Name ? Gpt2Vocabulary.Tokenizer
        : GgufTokenizer.IsNameOfFile(name) ? GgufTokenizer.Load(name)
        : Directory.Exists(name) ? TokenizerFile.Load(Path.Combine(name, TokenizerFile.Name))
        : name.EndsWith(".json", StringComparison.OrdinalIgnoreCase) || File.Exists(name) ? TokenizerFile.Load(name)
        : null;

    /// <summary>The tokenizer that a <c>tokenizer.json</c> describes.</summary>
    /// <param name="json">The file's content.</param>
    internal static ITokenizer FromJson(JsonEntry json)
    {
        if (json.Find(FormatKey) is null && json.Find("model") is not null)
        {
            return BytePairTokenizer.Create(TokenizerJson.Read(json));
        }

        _ = json.Find(FormatKey)?.Choice([Format]);
        return s_kinds[json["kind"].Choice(Names)].FromJson(json);
    }

    /// <summary>The beginning of what a tokenizer of ours writes.</summary>
    internal static JsonObject NewJson(string kind) => new() { [FormatKey] = Format, ["kind"] = kind };

    private sealed record TokenizerKind(Func<IReadOnlyList<string>, ITokenizer> FromTexts, Func<JsonEntry, ITokenizer> FromJson);
}
