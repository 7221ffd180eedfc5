using System.Text.Json;
using System.Text.Json.Nodes;

namespace MuonSharp.Formats;

/// <summary>Reads a Hugging Face <c>tokenizer.json</c> with a byte pair encoding: the layouts of GPT-2, Llama 2 and 3, Qwen and DeepSeek.</summary>
/// <remarks>What would change a single token and is not supported is refused by its name. Time and memory are bounded by the file's length.</remarks>
public static class TokenizerJson
{
    /// <summary>What stands for a space where bytes are the fallback.</summary>
    public const char Space = '\u2581';

    /// <summary>GPT-2's expression: what <c>"use_regex": true</c> of a byte-level pre-tokenizer means.</summary>
    public const string Gpt2Pattern = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    /// <summary>A digit of any script alone: what <c>"individual_digits": true</c> of a <c>Digits</c> pre-tokenizer means.</summary>
    public const string DigitPattern = @"\p{N}";

    private const int MostUnusedTokens = 1024;

    private static readonly JsonOptions s_options = new() { Operation = "tokenizer" };

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidFileException">It cannot be read, is damaged, or asks for what is not supported.</exception>
    public static TokenizerDefinition Read(string path) => Read(JsonFile.Read(path, s_options));

    /// <summary>Reads the bytes of a file.</summary>
    /// <param name="utf8">The bytes.</param>
    /// <param name="path">The file, for messages.</param>
    /// <exception cref="InvalidFileException">They are damaged, or ask for what is not supported.</exception>
    public static TokenizerDefinition Parse(ReadOnlySpan<byte> utf8, string path) => Read(JsonFile.Parse(utf8, path, s_options));

    /// <summary>Reads a file that is already parsed.</summary>
    /// <param name="json">The outermost value.</param>
    /// <exception cref="InvalidFileException">It asks for what is not supported.</exception>
    public static TokenizerDefinition Read(JsonEntry json)
    {
        json.RefuseUnknown("version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder", "model");
        RefuseSet(json, "truncation", "padding");
        JsonEntry model = json["model"].RefuseUnknown(
            "type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk", "byte_fallback", "ignore_merges", "vocab", "merges");
        _ = model.Find("type")?.Choice("BPE");
        RefuseSet(model, "dropout", "continuing_subword_prefix", "end_of_word_suffix");
        TokenizerScheme scheme = model.Find("byte_fallback")?.Boolean() == true ? TokenizerScheme.ByteFallback : TokenizerScheme.ByteLevel;
        Dictionary<string, int> vocabulary = Vocabulary(model["vocab"], scheme);
        TokenizerDefinition definition = new()
        {
            Scheme = scheme,
            Vocabulary = vocabulary,
            Merges = Merges(model["merges"], vocabulary),
            IgnoresMerges = model.Find("ignore_merges")?.Boolean() ?? false,
            UnknownToken = model.Find("unk_token") is { } unknown ? Known(unknown, vocabulary) : null,
        };
        definition = TokenizerStages.Read(json, definition);
        definition = definition with { AddedTokens = AddedTokens(json.Find("added_tokens"), definition) };
        return TokenizerStages.ReadTemplate(json, definition);
    }

    /// <summary>The content of a file that Hugging Face's tokenizers reads, and from which <see cref="Read(JsonEntry)"/> makes the same definition.</summary>
    /// <remarks>Merges are written with a space between the two tokens, which every version reads, unless a token holds a space.</remarks>
    /// <param name="definition">What to write.</param>
    public static JsonObject Write(TokenizerDefinition definition) => TokenizerJsonWriter.Write(definition);

    private static Dictionary<string, int> Vocabulary(JsonEntry json, TokenizerScheme scheme)
    {
        IReadOnlyList<JsonEntry> members = json.Members();
        Dictionary<string, int> vocabulary = new(members.Count, StringComparer.Ordinal);
        HashSet<int> ids = new(members.Count);
        foreach (JsonEntry member in members)
        {
            int id = member.Integer(0, MostId(members.Count));
            vocabulary.Add(member.Name, ids.Add(id) ? id : throw member.Wrong("a number that no other token has"));
        }

        for (int value = 0; value < 256; value++)
        {
            string symbol = SymbolOf((byte)value, scheme);
            if (!vocabulary.ContainsKey(symbol))
            {
                throw json.Broken($"model.vocab must have a token for every byte; {OneLine.Quote(symbol)} for 0x{value:X2} is missing");
            }
        }

        return vocabulary;
    }

    private static List<TokenMerge> Merges(JsonEntry json, Dictionary<string, int> vocabulary)
    {
        IReadOnlyList<JsonEntry> items = json.Items();
        List<TokenMerge> merges = new(items.Count);
        HashSet<TokenMerge> seen = new(items.Count);
        foreach (JsonEntry item in items)
        {
            TokenMerge merge = item.Kind == JsonValueKind.Array && item.Items(2, 2) is [var first, var second] ? new(first.TextNotEmpty(), second.TextNotEmpty())
                : item.TryText(out string text) && text.Split(' ') is [{ Length: > 0 } left, { Length: > 0 } right] ? new(left, right)
                : throw item.Wrong("two tokens with a space between them, or a list of two");
            if (!vocabulary.ContainsKey(merge.First) || !vocabulary.ContainsKey(merge.Second) || !vocabulary.ContainsKey(merge.Result))
            {
                throw item.Wrong("two tokens of model.vocab that make a third one");
            }

            merges.Add(seen.Add(merge) ? merge : throw item.Wrong("a pair that did not come before"));
        }

        return merges;
    }

    private static List<AddedToken> AddedTokens(JsonEntry? json, TokenizerDefinition definition)
    {
        List<AddedToken> added = [];
        HashSet<int> taken = [.. definition.Vocabulary.Values];
        HashSet<string> contents = new(StringComparer.Ordinal);
        IReadOnlyList<JsonEntry> items = json?.Items() ?? [];
        foreach (JsonEntry item in items)
        {
            item.RefuseUnknown("id", "content", "single_word", "lstrip", "rstrip", "normalized", "special");
            RefuseTrue(item, "single_word", "lstrip", "rstrip");
            JsonEntry normalized = item["normalized"];
            if (definition.Scheme == TokenizerScheme.ByteFallback || definition.ComposesCharacters)
            {
                RefuseTrue(item, "normalized");
            }
            else
            {
                _ = normalized.IsSet && normalized.Boolean();
            }

            JsonEntry id = item["id"], content = item["content"];
            AddedToken token = new(id.Integer(0, MostId(definition.Vocabulary.Count + items.Count)), content.TextNotEmpty(), item.Find("special")?.Boolean() ?? false);
            if (!contents.Add(token.Content))
            {
                throw content.Wrong("the text of one token alone");
            }

            bool agrees = definition.Vocabulary.TryGetValue(token.Content, out int known) ? known == token.Id : taken.Add(token.Id);
            added.Add(agrees ? token : throw id.Wrong($"the number that {OneLine.Quote(token.Content)} has in model.vocab, or one that no other token has"));
        }

        return added;
    }

    // A vocabulary may have gaps; one that is mostly gaps would take memory that its file does not pay for.
    private static int MostId(int count) => (int)Math.Min((2L * count) + MostUnusedTokens, int.MaxValue / 2);

    private static string Known(JsonEntry token, Dictionary<string, int> vocabulary) =>
        vocabulary.ContainsKey(token.Text()) ? token.Text() : throw token.Wrong("a token of model.vocab");

    /// <summary>The token of a byte.</summary>
    internal static string SymbolOf(byte value, TokenizerScheme scheme) => scheme == TokenizerScheme.ByteLevel ? ByteAlphabet.LetterOf(value).ToString() : $"<0x{value:X2}>";

    private static void RefuseSet(JsonEntry json, params ReadOnlySpan<string> keys)
    {
        foreach (string key in keys)
        {
            if (json.Find(key) is { } set && !(set.TryText(out string text) && text.Length == 0) && !(set.TryNumber(out double number) && number == 0))
            {
                throw set.Wrong("null");
            }
        }
    }

    /// <summary>Refuses what is set and not false.</summary>
    internal static void RefuseTrue(JsonEntry json, params ReadOnlySpan<string> keys)
    {
        foreach (string key in keys)
        {
            if (json.Find(key) is { } set && set.Boolean())
            {
                throw set.Wrong("false");
            }
        }
    }
}
