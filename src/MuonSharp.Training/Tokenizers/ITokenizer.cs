using System.Text;
using System.Text.Json.Nodes;

namespace MuonSharp.Training;

/// <summary>Text to tokens and back. Tokens are the whole numbers from 0 up to <see cref="VocabularySize"/>.</summary>
/// <remarks>A tokenizer of one's own needs the members without a default: kind, size, <see cref="Encode"/>, <see cref="NewDecoder"/>, <see cref="ToJson"/>.</remarks>
public interface ITokenizer
{
    /// <summary>One word for its kind: what banners call it, and for ours one of <see cref="TokenizerKinds.Names"/>.</summary>
    string Kind { get; }

    /// <summary>Number of distinct tokens, special ones included.</summary>
    int VocabularySize { get; }

    /// <summary>Tokens that stand for no text. Default: none.</summary>
    SpecialTokens SpecialTokens => SpecialTokens.None;

    /// <summary>Appends the tokens of a text; special tokens are none of them.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="tokens">Receives the tokens.</param>
    /// <exception cref="BadInputException">The text holds something that the vocabulary lacks.</exception>
    void Encode(ReadOnlySpan<char> text, List<int> tokens);

    /// <summary>Appends the tokens of a text in which the names of special tokens stand for these, such as <c>&lt;|endoftext|&gt;</c> between documents. Default: there are none.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="tokens">Receives the tokens.</param>
    /// <exception cref="BadInputException">The text holds something that the vocabulary lacks.</exception>
    void EncodeMarked(ReadOnlySpan<char> text, List<int> tokens) => Encode(text, tokens);

    /// <summary>How much of a text that goes on can be encoded by itself: whatever follows, the tokens of both parts are those of the whole.</summary>
    /// <param name="text">The beginning of a text, or what is left of one.</param>
    /// <returns>0 to the text's length. Default: 0, so that a text is encoded as a whole, however long it is.</returns>
    int CutOf(ReadOnlySpan<char> text) => 0;

    /// <summary>Begins to turn tokens into text.</summary>
    TokenDecoder NewDecoder();

    /// <summary>Begins to turn tokens into text in which special tokens show as their names. Default: there are none.</summary>
    TokenDecoder NewMarkedDecoder() => NewDecoder();

    /// <summary>Number of UTF-8 bytes that some tokens stand for: the denominator of bits per byte. Of parts it is the sum.</summary>
    /// <param name="tokens">Tokens of the vocabulary.</param>
    long CountBytes(ReadOnlySpan<int> tokens)
    {
        long count = 0;
        foreach (int token in tokens)
        {
            TokenDecoder decoder = NewDecoder();
            count += Encoding.UTF8.GetByteCount(decoder.Add(token)) + Encoding.UTF8.GetByteCount(decoder.Flush());
        }

        return count;
    }

    /// <summary>All that is needed to make the tokenizer again: the content of <c>tokenizer.json</c>.</summary>
    JsonObject ToJson();
}

/// <summary>The tokens of a vocabulary that stand for no text.</summary>
public sealed record SpecialTokens
{
    /// <summary>No special tokens.</summary>
    public static SpecialTokens None { get; } = new();

    /// <summary>Begins every text: a prompt starts with it. Null: there is none.</summary>
    public int? Begin { get; init; }

    /// <summary>Ends every text: generation stops at it. Null: there is none.</summary>
    public int? EndOfText { get; init; }

    /// <summary>What a model's own tokenizer puts before a text, in this order. Default: nothing.</summary>
    public IReadOnlyList<int> Before { get; init; } = [];

    /// <summary>What a model's own tokenizer puts behind a text, in this order. Default: nothing.</summary>
    public IReadOnlyList<int> Behind { get; init; } = [];

    /// <summary>All of them by the name they have in the vocabulary, such as <c>&lt;|endoftext|&gt;</c>.</summary>
    public IReadOnlyDictionary<string, int> Named { get; init; } = new Dictionary<string, int>(StringComparer.Ordinal);
}

/// <summary>What every tokenizer can do, whatever its kind.</summary>
public static class TokenizerExtensions
{
    /// <summary>The tokens of a text.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="text">Any text.</param>
    /// <exception cref="BadInputException">The text holds something that the vocabulary lacks.</exception>
    public static int[] Encode(this ITokenizer tokenizer, string text)
    {
        List<int> tokens = [];
        tokenizer.Encode(text.AsSpan(), tokens);
        return [.. tokens];
    }

    /// <summary>The tokens of a text in which the names of special tokens stand for these.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="text">Any text.</param>
    /// <exception cref="BadInputException">The text holds something that the vocabulary lacks.</exception>
    public static int[] EncodeMarked(this ITokenizer tokenizer, string text)
    {
        List<int> tokens = [];
        tokenizer.EncodeMarked(text.AsSpan(), tokens);
        return [.. tokens];
    }

    /// <summary>The tokens of a UTF-8 file, which is never in memory as a whole where the tokenizer says <see cref="ITokenizer.CutOf">where a text may be cut</see>; the names of special tokens stand for these.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="path">The file; a byte order mark is no part of the text.</param>
    /// <param name="unknown">What becomes of characters that a <see cref="CharacterTokenizer"/> does not know.</param>
    /// <exception cref="BadInputException">The file cannot be read, is empty or no UTF-8, or holds something that the vocabulary lacks.</exception>
    public static int[] EncodeFile(this ITokenizer tokenizer, string path, UnknownCharacters unknown = UnknownCharacters.Refuse) => tokenizer.EncodeFile(path, unknown, new UnknownCounts());

    /// <summary>The same; counts what a <see cref="CharacterTokenizer"/> does not know.</summary>
    internal static int[] EncodeFile(this ITokenizer tokenizer, string path, UnknownCharacters unknown, UnknownCounts counts, bool canSkip = false)
    {
        using TextReader reader = TextFile.Open(path);
        List<int> tokens = [];
        tokenizer.Encode(tokenizer is CharacterTokenizer characters ? new KnownReader(reader, characters, counts) : reader, tokens);
        return counts.Total == 0 || unknown == UnknownCharacters.Skip ? [.. tokens] : throw counts.Error(path, tokenizer.VocabularySize, canSkip);
    }

    /// <summary>A text without the characters that a <see cref="CharacterTokenizer"/> does not know; for others the text itself.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="text">Any text.</param>
    public static string WithoutUnknown(this ITokenizer tokenizer, string text) => tokenizer.WithoutUnknown(text, new UnknownCounts());

    /// <summary>The same; counts what was left out.</summary>
    internal static string WithoutUnknown(this ITokenizer tokenizer, string text, UnknownCounts counts)
    {
        if (tokenizer is not CharacterTokenizer characters)
        {
            return text;
        }

        StringBuilder kept = new();
        counts.Add(text, characters.Knows, kept);
        return kept.ToString();
    }

    /// <summary>The tokens of a text, whose name is part of the message where it holds something that the vocabulary lacks.</summary>
    internal static int[] Encode(this ITokenizer tokenizer, string text, string source, bool canSkip = false)
    {
        try
        {
            return tokenizer.EncodeMarked(text);
        }
        catch (BadInputException) when (tokenizer is CharacterTokenizer)
        {
            UnknownCounts counts = new();
            counts.Add(text, ((CharacterTokenizer)tokenizer).Knows);
            throw counts.Error(source, tokenizer.VocabularySize, canSkip);
        }
    }

    /// <summary>Appends the tokens of a text that is read along the way; the names of special tokens stand for these.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="reader">The text, from where the reader is to its end.</param>
    /// <param name="tokens">Receives the tokens.</param>
    /// <exception cref="BadInputException">The text holds something that the vocabulary lacks.</exception>
    public static void Encode(this ITokenizer tokenizer, TextReader reader, List<int> tokens) =>
        TextChunks.Read(reader, tokenizer.CutOf, part => tokenizer.EncodeMarked(part, tokens));

    /// <summary>The text of some tokens; bytes that are not UTF-8 become U+FFFD.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="tokens">Tokens of its vocabulary.</param>
    public static string Decode(this ITokenizer tokenizer, ReadOnlySpan<int> tokens) => Decode(tokenizer.NewDecoder(), tokens);

    /// <summary>The text of some tokens, in which special tokens show as their names; bytes that are not UTF-8 become U+FFFD.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="tokens">Tokens of its vocabulary.</param>
    public static string DecodeMarked(this ITokenizer tokenizer, ReadOnlySpan<int> tokens) => Decode(tokenizer.NewMarkedDecoder(), tokens);

    private static string Decode(TokenDecoder decoder, ReadOnlySpan<int> tokens)
    {
        StringBuilder text = new();
        foreach (int token in tokens)
        {
            text.Append(decoder.Add(token));
        }

        return text.Append(decoder.Flush()).ToString();
    }
}

/// <summary>Reads a text without the characters that a tokenizer does not know, which it counts.</summary>
internal sealed class KnownReader(TextReader inner, CharacterTokenizer tokenizer, UnknownCounts counts) : TextReader
{
    private readonly StringBuilder _kept = new();

    /// <inheritdoc/>
    public override int Read(char[] buffer, int index, int count)
    {
        Span<char> part = buffer.AsSpan(index, count);
        _kept.Clear();
        while (_kept.Length == 0 && inner.Read(part) is var read and > 0)
        {
            counts.Add(part[..read], tokenizer.Knows, _kept);
        }

        _kept.CopyTo(0, part, _kept.Length);
        return _kept.Length;
    }
}
