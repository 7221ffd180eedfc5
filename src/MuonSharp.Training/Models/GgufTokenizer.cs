using System.Globalization;
using System.Text;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>Tokenizers in the keys of a GGUF file, as llama.cpp reads and writes them.</summary>
/// <remarks>
/// Characters and bytes are llama.cpp's <c>rwkv</c>, the one kind that has no special tokens by itself: any other would end a text at some character. Byte-level pairs are <c>gpt2</c> with the splitting rule that
/// has a name there, pairs with byte fallback <c>llama</c>, whose scores are the negative ranks of the merges. Source: llama.cpp, <c>src/llama-vocab.cpp</c>.
/// </remarks>
public static class GgufTokenizer
{
    internal const string Prefix = "tokenizer.ggml.";
    internal const int Normal = 1;
    internal const int Unknown = 2;
    internal const int Control = 3;
    internal const int UserDefined = 4;
    internal const int Unused = 5;
    internal const int Byte = 6;

    /// <summary>Reads the tokenizer of a file.</summary>
    /// <param name="path">A GGUF file.</param>
    /// <exception cref="InvalidFileException">The file cannot be read, has no tokenizer, or one that makes tokens in a way that is not known here.</exception>
    public static ITokenizer Load(string path)
    {
        using GgufFile file = GgufFile.Open(path);
        return Read(file.Metadata);
    }

    /// <summary>The tokenizer that the keys of a file describe.</summary>
    /// <param name="metadata">The keys.</param>
    /// <returns>Characters, bytes or byte pairs.</returns>
    /// <exception cref="InvalidFileException">There is none, or one that makes tokens in a way that is not known here.</exception>
    public static ITokenizer Read(GgufMetadata metadata) => new GgufTokenizerReader(metadata).Read();

    /// <summary>Whether the keys of a file describe a tokenizer.</summary>
    /// <param name="metadata">The keys.</param>
    public static bool IsIn(GgufMetadata metadata) => metadata.Has(Prefix + "model") && metadata.Text(Prefix + "model") is not ("no_vocab" or "none");

    /// <summary>Whether a path is meant to be a GGUF file.</summary>
    internal static bool IsNameOfFile(string path) => path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase) && !Directory.Exists(path);

    /// <summary>The keys of a tokenizer.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="vocabulary">Tokens that the model knows: those beyond the tokenizer's stand for nothing.</param>
    /// <param name="endOfText">Tokens at which texts end, of which three have a key; null: the tokenizer's own.</param>
    /// <exception cref="BadInputException">llama.cpp would make other tokens of a text.</exception>
    public static GgufMetadata Describe(ITokenizer tokenizer, int vocabulary, IReadOnlyList<int>? endOfText = null)
    {
        GgufMetadata metadata = new();
        switch (tokenizer)
        {
            case BytePairTokenizer pairs:
                OfPairs(pairs, vocabulary, metadata);
                break;
            case CharacterTokenizer or ByteTokenizer:
                metadata.Add("tokenizer.ggml.model", "rwkv");
                string[] texts = [.. Enumerable.Range(0, tokenizer.VocabularySize).Select(token => RwkvSpelling.Write(tokenizer is ByteTokenizer ? [(byte)token] : Encoding.UTF8.GetBytes(tokenizer.Decode([token]))))];
                Tokens(metadata, texts, [.. texts.Select(_ => Normal)], vocabulary);
                break;
            default:
                throw new BadInputException($"[export] llama.cpp reads tokens of characters, bytes and byte pairs; a tokenizer of kind {tokenizer.Kind} came");
        }

        SpecialTokens special = tokenizer.SpecialTokens;
        IReadOnlyList<int> ends = endOfText ?? EndTokens.Of(tokenizer);
        if (special.Begin is not null || ends.Count > 0)
        {
            metadata.Add(Prefix + "bos_token_id", (uint)(special.Begin ?? ends[0]));
        }

        foreach ((string key, int token) in EndTokens.GgufKeys.Zip(ends))
        {
            metadata.Add(Prefix + key, (uint)token);
        }

        metadata.Add("tokenizer.ggml.add_bos_token", special.Begin is not null);
        return metadata;
    }

    private static void OfPairs(BytePairTokenizer tokenizer, int vocabulary, GgufMetadata metadata)
    {
        TokenizerDefinition definition = tokenizer.Definition;
        string[] texts = new string[definition.Size];
        int[] types = new int[definition.Size];
        Array.Fill(types, Unused);
        for (int token = 0; token < texts.Length; token++)
        {
            texts[token] = Spare(token);
        }

        foreach ((string text, int token) in definition.Vocabulary)
        {
            (texts[token], types[token]) = (text, Normal);
        }

        foreach (AddedToken added in definition.AddedTokens)
        {
            (texts[added.Id], types[added.Id]) = (added.Content, added.IsSpecial ? Control : UserDefined);
        }

        if (definition.Scheme == TokenizerScheme.ByteLevel)
        {
            metadata.Add("tokenizer.ggml.model", "gpt2");
            metadata.Add("tokenizer.ggml.pre", GgufSplitRule.Of(definition).Names[0]);
            Tokens(metadata, texts, types, vocabulary);
            metadata.Add("tokenizer.ggml.merges", [.. definition.Merges.Select(merge => $"{merge.First} {merge.Second}")]);
            return;
        }

        float[] scores = new float[Math.Max(vocabulary, texts.Length)];
        Array.Fill(scores, -1e6f);
        for (int rank = definition.Merges.Count - 1; rank >= 0; rank--)
        {
            if (definition.Vocabulary.TryGetValue(definition.Merges[rank].Result, out int token))
            {
                scores[token] = -rank;
            }
        }

        foreach ((string text, int token) in definition.Vocabulary)
        {
            types[token] = text == definition.UnknownToken ? Unknown : text is ['<', '0', 'x', _, _, '>'] ? Byte : types[token];
        }

        metadata.Add("tokenizer.ggml.model", "llama");
        Tokens(metadata, texts, types, vocabulary);
        metadata.Add("tokenizer.ggml.scores", scores);
        metadata.Add("tokenizer.ggml.add_space_prefix", definition.PrefixSpace != PrefixSpace.Never);
        if (definition.UnknownToken is { } unknown)
        {
            metadata.Add("tokenizer.ggml.unknown_token_id", (uint)definition.Vocabulary[unknown]);
        }
    }

    private static void Tokens(GgufMetadata metadata, string[] texts, int[] types, int vocabulary)
    {
        int spare = Math.Max(0, vocabulary - texts.Length);
        metadata.Add("tokenizer.ggml.tokens", [.. texts, .. Enumerable.Range(texts.Length, spare).Select(Spare)]);
        metadata.Add("tokenizer.ggml.token_type", [.. types, .. Enumerable.Repeat(Unused, spare)]);
    }

    private static string Spare(int token) => string.Create(CultureInfo.InvariantCulture, $"<unused {token}>");
}
