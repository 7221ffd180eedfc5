using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>A rule by which llama.cpp splits texts into words, and what a tokenizer with it does.</summary>
/// <param name="Patterns">Its expressions, one after the other.</param>
/// <param name="Names">What llama.cpp calls it; the first name is the one that is written.</param>
internal sealed record GgufSplitRule(IReadOnlyList<string> Patterns, params string[] Names)
{
    /// <summary>All that are known here. Source: llama.cpp, <c>src/llama-vocab.cpp</c>.</summary>
    public static IReadOnlyList<GgufSplitRule> All { get; } =
    [
        new([TokenizerJson.Gpt2Pattern], "gpt-2", "phi-2"),
        new([WordSplitter.Qwen], "qwen2", "deepseek-r1-qwen") { ComposesCharacters = true },
        new([WordSplitter.Llama3], "llama-bpe", "llama-v3", "llama3") { IgnoresMerges = true, AddsBegin = true },
        new([TokenizerJson.DigitPattern, TokenizerJson.Gpt2Pattern], "smollm"),
        new(WordSplitter.DeepSeek, "deepseek-v3"),
        new([@"[\p{P}\$\+<=>\^~\|]+", TokenizerJson.Gpt2Pattern, @"\p{N}+", "[0-9][0-9][0-9]"], "default"),
    ];

    /// <summary>Whether characters are composed first, which llama.cpp leaves to its caller.</summary>
    public bool ComposesCharacters { get; init; }

    /// <summary>Whether a word that is a token is that token, whatever its merges make of it.</summary>
    public bool IgnoresMerges { get; init; }

    /// <summary>Whether a text begins with the token for that, unless the file says otherwise.</summary>
    public bool AddsBegin { get; init; }

    /// <summary>The rule by which a tokenizer splits.</summary>
    /// <exception cref="BadInputException">llama.cpp has no name for it that is known here.</exception>
    public static GgufSplitRule Of(TokenizerDefinition definition) =>
        All.FirstOrDefault(rule => rule.Patterns.SequenceEqual(definition.SplitPatterns, StringComparer.Ordinal))
            ?? throw new BadInputException($"[export] llama.cpp splits texts by rules with names, of which {string.Join(", ", All.Select(rule => rule.Names[0]))} are known here; the tokenizer does it by {OneLine.Cut(string.Join(", ", definition.SplitPatterns), 80)}");
}
