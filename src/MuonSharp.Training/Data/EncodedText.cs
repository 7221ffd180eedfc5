using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>A text that is too large for memory, as token shards in a folder beside it: encoded once along the way, and found again by every later run.</summary>
/// <remarks>
/// <para>The tokens, and the hash, are those of the text in memory, so that a run on one is a run on the other. The folder's name is made of the files' names, sizes and times of change and of the tokenizer: what changes
/// is encoded anew. It appears when it is complete; an encoding that was interrupted begins again, and of several processes one encodes while the others wait.</para>
/// <para>Memory: one shard's tokens, and for a tokenizer that needs a text as a whole (byte fallback) the text.</para>
/// </remarks>
internal sealed class EncodedText
{
    private const string Operation = "data";
    private const string Hidden = ".muonsharp";
    private const string RecordName = "text.json";
    private const int TokensPerShard = 1 << 24;

    private static readonly JsonOptions s_options = new() { Operation = Operation };

    private EncodedText(ShardTokens tokens, LargeText text, string sha256) => (Tokens, Text, Sha256) = (tokens, text, sha256);

    /// <summary>The tokens.</summary>
    public ShardTokens Tokens { get; }

    /// <summary>The files.</summary>
    public LargeText Text { get; }

    /// <summary>SHA-256 of the text as UTF-8, in lower-case hexadecimal.</summary>
    public string Sha256 { get; }

    /// <summary>What a user should know, one line each.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>Finds the tokens of a text, or makes them.</summary>
    /// <param name="text">The text.</param>
    /// <param name="tokenizer">At most 65,536 tokens.</param>
    /// <exception cref="BadInputException">A file is no UTF-8 text, or holds what the tokenizer does not know; or the tokenizer has too many tokens.</exception>
    /// <exception cref="WriteFailedException">The folder beside the text cannot be written.</exception>
    public static EncodedText Open(LargeText text, ITokenizer tokenizer)
    {
        string folder = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(text.Files[0]))!, Hidden, $"tokens-{Key(text, tokenizer)}");
        bool made = NewPath.FolderOnce(folder, Operation, () => File.Exists(Path.Combine(folder, RecordName)), part => Make(text, tokenizer, part));
        JsonEntry record = JsonFile.Read(Path.Combine(folder, RecordName), s_options).Object();
        string[] shards = [.. Directory.EnumerateFiles(folder, "*" + TokenShard.Extension).Order(StringComparer.Ordinal)];
        var tokens = ShardTokens.Open(shards, tokenizer.VocabularySize);
        if (tokens.Length != record["tokens"].WholeNumber(1))
        {
            throw record["tokens"].Wrong($"the {tokens.Length} of the shards beside it; delete the folder, and it is made again");
        }

        string size = string.Create(CultureInfo.InvariantCulture, $"{text.Bytes / 1e6:0.#} MB, more than data.largestInMemory");
        return new(tokens, text, record["sha256"].TextNotEmpty())
        {
            Notes = [.. text.Notes, $"[data] {text.Source}: {size}: {(made ? "encoded once, into" : "its tokens are in")} {folder}", .. record["notes"].Items().Select(note => $"[data] {text.Source}: {note.Text()}")],
        };
    }

    private static void Make(LargeText text, ITokenizer tokenizer, string folder)
    {
        using JoinedReader reader = new(text.Files);
        (_, long tokens) = TokenSharding.Write([(reader, null)], tokenizer, folder, TokensPerShard);
        string[] notes = reader.Returns == 0 ? [] : [string.Create(CultureInfo.InvariantCulture, $"Windows line ends: {reader.Returns:N0} \\r are tokens that the model has to learn")];
        JsonObject record = new() { ["sha256"] = reader.Sha256, ["tokens"] = tokens, ["notes"] = new JsonArray([.. notes.Select(note => JsonValue.Create(note))]) };
        ReplacedFile.Write(Path.Combine(folder, RecordName), Operation, IndentedJson.ToBytes(record));
    }

    private static string Key(LargeText text, ITokenizer tokenizer)
    {
        StringBuilder name = new();
        foreach (FileInfo file in text.Files.Select(path => new FileInfo(path)))
        {
            name.Append(CultureInfo.InvariantCulture, $"{file.FullName}\n{file.Length}\n{file.LastWriteTimeUtc.Ticks}\n");
        }

        return Convert.ToHexStringLower(SHA256.HashData([.. Encoding.UTF8.GetBytes(name.ToString()), .. TokenizerFile.ToBytes(tokenizer)]))[..16];
    }
}
