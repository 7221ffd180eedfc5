namespace MuonSharp.Formats;

/// <summary>What a Hugging Face <c>tokenizer.json</c> with a byte pair encoding says, in the terms of what is done with a text.</summary>
/// <remarks>A text is cut at <see cref="AddedTokens"/>; each part between them is normalized, cut into words by <see cref="SplitPatterns"/>, spelt in
/// symbols of the vocabulary, and its neighbouring symbols are merged, the pair first that comes first in <see cref="Merges"/>.</remarks>
public sealed record TokenizerDefinition
{
    /// <summary>How a text that is no token becomes symbols.</summary>
    public required TokenizerScheme Scheme { get; init; }

    /// <summary>The tokens by their spelling: of <see cref="TokenizerScheme.ByteLevel"/> in letters of <see cref="ByteAlphabet"/>.</summary>
    public required IReadOnlyDictionary<string, int> Vocabulary { get; init; }

    /// <summary>Pairs that become one token, the most important first.</summary>
    public required IReadOnlyList<TokenMerge> Merges { get; init; }

    /// <summary>Tokens that are found in a text as they are, before anything else; all but a few are special.</summary>
    public IReadOnlyList<AddedToken> AddedTokens { get; init; } = [];

    /// <summary>Expressions that cut a text into words that are encoded by themselves: each cuts the pieces of the one before it, at the ends of its matches. Of <see cref="TokenizerScheme.ByteLevel"/> alone.</summary>
    public IReadOnlyList<string> SplitPatterns { get; init; } = [];

    /// <summary>Whether characters are composed first (Unicode's normalization form C).</summary>
    public bool ComposesCharacters { get; init; }

    /// <summary>Whether a word that is a token is that token, whatever its merges make of it.</summary>
    public bool IgnoresMerges { get; init; }

    /// <summary>Whether U+2581, which stands for a space, is put before a text. Of <see cref="TokenizerScheme.ByteFallback"/> alone.</summary>
    public PrefixSpace PrefixSpace { get; init; }

    /// <summary>The token of what cannot be spelt; null: there is none. Nothing is out of reach of bytes, so that it is never used.</summary>
    public string? UnknownToken { get; init; }

    /// <summary>Tokens that are put before every text where special tokens are asked for.</summary>
    public IReadOnlyList<int> TokensBefore { get; init; } = [];

    /// <summary>Tokens that are put behind every text where special tokens are asked for.</summary>
    public IReadOnlyList<int> TokensBehind { get; init; } = [];

    /// <summary>Whether the file says what is put around a text, if only that it is nothing (a <c>TemplateProcessing</c>). Where it does not, the <c>tokenizer_config.json</c> beside it may.</summary>
    public bool HasTemplate { get; init; }

    /// <summary>One more than the greatest token.</summary>
    public int Size => Math.Max(Vocabulary.Count == 0 ? 0 : Vocabulary.Values.Max() + 1, AddedTokens.Count == 0 ? 0 : AddedTokens.Max(token => token.Id) + 1);
}

/// <summary>How a text becomes the symbols that are merged.</summary>
public enum TokenizerScheme
{
    /// <summary>Bytes of UTF-8, each written as a letter of <see cref="ByteAlphabet"/>: GPT-2, Llama 3, Qwen, DeepSeek.</summary>
    ByteLevel,

    /// <summary>Characters, with U+2581 for the space; those that are no token become the bytes <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c>: Llama 2.</summary>
    ByteFallback,
}

/// <summary>Whether a space is put before a text, so that its first word is spelt as in the middle of a sentence.</summary>
public enum PrefixSpace
{
    /// <summary>No space.</summary>
    Never,

    /// <summary>Before the beginning of a text that does not begin with a space itself (a <c>Metaspace</c> pre-tokenizer).</summary>
    First,

    /// <summary>Before each part of a text between added tokens (a <c>Prepend</c> normalizer).</summary>
    Always,
}

/// <summary>A pair of tokens that becomes one.</summary>
/// <param name="First">The left one.</param>
/// <param name="Second">The right one.</param>
public readonly record struct TokenMerge(string First, string Second)
{
    /// <summary>What they become.</summary>
    public string Result => First + Second;
}

/// <summary>A token that is found in a text as it is.</summary>
/// <param name="Id">The token.</param>
/// <param name="Content">Its text.</param>
/// <param name="IsSpecial">Whether it stands for no text: it is left out of decoded text.</param>
public sealed record AddedToken(int Id, string Content, bool IsSpecial);
