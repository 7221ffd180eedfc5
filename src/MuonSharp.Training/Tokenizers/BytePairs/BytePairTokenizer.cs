using System.Text;
using System.Text.Json.Nodes;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>A byte pair encoding as a Hugging Face <c>tokenizer.json</c> describes it: of bytes (GPT-2, Llama 3, Qwen, DeepSeek), or of characters with bytes for the rest (Llama 2).</summary>
/// <remarks>Any well-formed text can be encoded, and decodes to itself (composed, where the file asks for that). Halves of surrogate pairs are read as U+FFFD.</remarks>
public sealed class BytePairTokenizer : ITokenizer
{
    /// <summary>Name of this kind.</summary>
    public const string KindName = "bpe";

    private static readonly string[] s_endNames = ["<|endoftext|>", "<|end_of_text|>", "</s>", "<｜end▁of▁sentence｜>", "<eos>", "<|im_end|>"];

    private readonly ISymbolEncoder _encoder;
    private readonly AddedTokenFinder _added, _addedText;
    private readonly byte[][] _bytes;
    private readonly string?[] _named;

    private BytePairTokenizer(TokenizerDefinition definition)
    {
        Definition = definition;
        _encoder = definition.Scheme == TokenizerScheme.ByteLevel ? new ByteLevelEncoder(definition) : new ByteFallbackEncoder(definition);
        _added = new AddedTokenFinder(definition.AddedTokens);
        _addedText = new AddedTokenFinder([.. definition.AddedTokens.Where(token => !token.IsSpecial)]);
        _bytes = new byte[definition.Size][];
        _named = new string?[definition.Size];
        Array.Fill(_bytes, []);
        foreach ((string spelling, int token) in definition.Vocabulary)
        {
            _bytes[token] = BytesOf(spelling, definition.Scheme);
        }

        foreach (AddedToken token in definition.AddedTokens)
        {
            bool isByte = definition.Scheme == TokenizerScheme.ByteFallback && ByteFallbackEncoder.TryByte(token.Content, out _);
            _named[token.Id] = token.IsSpecial && !isByte ? token.Content : null;
            _bytes[token.Id] = isByte ? _bytes[token.Id] : token.IsSpecial ? [] : Encoding.UTF8.GetBytes(token.Content);
        }

        Dictionary<string, int> named = definition.AddedTokens.Where(token => _named[token.Id] is not null).ToDictionary(token => token.Content, token => token.Id, StringComparer.Ordinal);
        SpecialTokens = new()
        {
            Begin = definition.TokensBefore is [var first, ..] ? first : null,
            Before = definition.TokensBefore,
            Behind = definition.TokensBehind,
            EndOfText = s_endNames.Where(named.ContainsKey).Select(name => (int?)named[name]).FirstOrDefault(),
            Named = named,
        };
    }

    /// <summary>What the tokenizer was made from.</summary>
    public TokenizerDefinition Definition { get; }

    /// <inheritdoc/>
    public string Kind => KindName;

    /// <inheritdoc/>
    public int VocabularySize => _bytes.Length;

    /// <inheritdoc/>
    public SpecialTokens SpecialTokens { get; }

    /// <summary>A tokenizer.</summary>
    /// <param name="definition">What it does; as <see cref="TokenizerJson"/> reads it.</param>
    /// <exception cref="BadInputException">It cannot be done.</exception>
    public static BytePairTokenizer Create(TokenizerDefinition definition) => new(definition);

    /// <inheritdoc/>
    public void Encode(ReadOnlySpan<char> text, List<int> tokens) => Encode(text, _addedText, tokens);

    /// <inheritdoc/>
    public void EncodeMarked(ReadOnlySpan<char> text, List<int> tokens) => Encode(text, _added, tokens);

    /// <inheritdoc/>
    public int CutOf(ReadOnlySpan<char> text) => _added.HoldBlanks ? 0 : _encoder.CutOf(text);

    /// <inheritdoc/>
    public TokenDecoder NewDecoder() => Decoder(marked: false);

    /// <inheritdoc/>
    public TokenDecoder NewMarkedDecoder() => Decoder(marked: true);

    /// <inheritdoc/>
    public long CountBytes(ReadOnlySpan<int> tokens)
    {
        long count = 0;
        foreach (int token in tokens)
        {
            count += _bytes[token].Length;
        }

        return count;
    }

    /// <inheritdoc/>
    public JsonObject ToJson() => TokenizerJson.Write(Definition);

    private TokenDecoder Decoder(bool marked)
    {
        TokenDecoder decoder = TokenDecoder.OfBytes(token => marked && _named[token] is { } name ? Encoding.UTF8.GetBytes(name) : _bytes[token]);
        return Definition.PrefixSpace == PrefixSpace.Never ? decoder : new WithoutPrefix(decoder);
    }

    private void Encode(ReadOnlySpan<char> text, AddedTokenFinder added, List<int> tokens)
    {
        bool isFirst = true;
        while (!text.IsEmpty)
        {
            int place = added.Find(text, out int length, out int token);
            EncodePart(place < 0 ? text : text[..place], isFirst, tokens);
            if (place < 0)
            {
                break;
            }

            tokens.Add(token);
            text = text[(place + length)..];
            isFirst = false;
        }
    }

    private void EncodePart(ReadOnlySpan<char> text, bool isFirst, List<int> tokens)
    {
        if (text.IsEmpty)
        {
            return;
        }

        if (text.IndexOfAnyInRange('\ud800', '\udfff') >= 0)
        {
            text = WithoutHalves(text);
        }

        _encoder.Encode(Definition.ComposesCharacters ? CharacterComposition.Compose(text.ToString()) : text, isFirst, tokens);
    }

    private static string WithoutHalves(ReadOnlySpan<char> text)
    {
        StringBuilder whole = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            whole.Append(rune);
        }

        return whole.ToString();
    }

    private static byte[] BytesOf(string spelling, TokenizerScheme scheme) => scheme == TokenizerScheme.ByteFallback
        ? ByteFallbackEncoder.TryByte(spelling, out byte value) ? [value] : Encoding.UTF8.GetBytes(spelling.Replace(TokenizerJson.Space, ' '))
        : ByteAlphabet.TryRead(spelling, out byte[]? bytes) ? bytes : Encoding.UTF8.GetBytes(spelling);

    /// <summary>Leaves out the space that was put before a text.</summary>
    private sealed class WithoutPrefix(TokenDecoder inner) : TokenDecoder
    {
        private bool _begun;

        public override string Add(int token) => Strip(inner.Add(token));

        public override string Flush() => Strip(inner.Flush());

        private string Strip(string text)
        {
            string rest = !_begun && text is [' ', ..] ? text[1..] : text;
            _begun |= text.Length > 0;
            return rest;
        }
    }
}

/// <summary>Turns a text without added tokens into tokens.</summary>
internal interface ISymbolEncoder
{
    /// <summary>Appends the tokens of a text that is well-formed and normalized.</summary>
    void Encode(ReadOnlySpan<char> text, bool isFirst, List<int> tokens);

    /// <summary>See <see cref="ITokenizer.CutOf"/>.</summary>
    int CutOf(ReadOnlySpan<char> text);
}
