using System.Text;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>Makes a tokenizer of the keys of a GGUF file: the tokens of a text are those that llama.cpp makes, composed characters apart.</summary>
/// <remarks>
/// <para><c>llama</c> merges any two neighbours whose spelling is a token, the token of the highest score first: every way to cut a token into two others is a merge, in the order of the scores. That is what
/// Hugging Face's libraries make of such a vocabulary too (transformers, <c>convert_slow_tokenizer.py</c>).</para>
/// <para>Tokens of the kind "unused" stand for nothing: they fill a vocabulary up.</para>
/// </remarks>
internal sealed class GgufTokenizerReader(GgufMetadata metadata)
{
    private const string Model = GgufTokenizer.Prefix + "model";
    private const string TokensKey = GgufTokenizer.Prefix + "tokens";
    private const string MergesKey = GgufTokenizer.Prefix + "merges";
    private const string ScoresKey = GgufTokenizer.Prefix + "scores";
    private const int LongestToken = 1024;

    private readonly Dictionary<string, int> _vocabulary = new(StringComparer.Ordinal);
    private readonly List<AddedToken> _added = [];

    public ITokenizer Read() => metadata.Text(Model) switch
    {
        "gpt2" => ByteLevel(),
        "llama" => ByteFallback(),
        "rwkv" => Plain(),
        _ => throw metadata.Wrong(Model, "gpt2, llama or rwkv, the kinds of tokenizers that can be read here"),
    };

    private BytePairTokenizer ByteLevel()
    {
        const string Pre = GgufTokenizer.Prefix + "pre";
        string name = metadata.Has(Pre) ? metadata.Text(Pre) : "";
        GgufSplitRule rule = GgufSplitRule.All.FirstOrDefault(known => known.Names.Contains(name, StringComparer.Ordinal))
            ?? throw metadata.Wrong(Pre, $"one of {string.Join(", ", GgufSplitRule.All.SelectMany(known => known.Names))}, the rules of splitting that are known here");
        ReadTokens(TokenizerScheme.ByteLevel);
        List<TokenMerge> merges = [];
        HashSet<TokenMerge> seen = [];
        foreach (string text in metadata.Texts(MergesKey))
        {
            TokenMerge merge = text.Split(' ') is [{ Length: > 0 } first, { Length: > 0 } second] ? new(first, second) : throw Bad(text);
            merges.Add(Knows(merge.First) && Knows(merge.Second) && Knows(merge.Result) && seen.Add(merge) ? merge : throw Bad(text));
        }

        return Create(
            new TokenizerDefinition
            {
                Scheme = TokenizerScheme.ByteLevel,
                Vocabulary = _vocabulary,
                Merges = merges,
                SplitPatterns = rule.Patterns,
                ComposesCharacters = rule.ComposesCharacters,
                IgnoresMerges = rule.IgnoresMerges,
            },
            rule.AddsBegin);

        InvalidFileException Bad(string text) => metadata.Broken($"each merge must be two tokens that make a third one, and come once; '{OneLine.Cut(text, 60)}' came");
    }

    private BytePairTokenizer ByteFallback()
    {
        IReadOnlyList<float> scores = metadata.Numbers(ScoresKey);
        int count = ReadTokens(TokenizerScheme.ByteFallback);
        if (scores.Count != count || scores.Any(float.IsNaN))
        {
            throw metadata.Wrong(ScoresKey, $"a number for each of the {count} tokens");
        }

        return Create(
            new TokenizerDefinition
            {
                Scheme = TokenizerScheme.ByteFallback,
                Vocabulary = _vocabulary,
                Merges = Merges(scores),
                PrefixSpace = metadata.Flag(GgufTokenizer.Prefix + "add_space_prefix", otherwise: true) ? PrefixSpace.Always : PrefixSpace.Never,
                UnknownToken = _vocabulary.FirstOrDefault(token => TypeOf(token.Value) == GgufTokenizer.Unknown).Key,
            },
            addsBegin: true);
    }

    /// <summary>All ways to cut a token into two others, the best token first.</summary>
    private List<TokenMerge> Merges(IReadOnlyList<float> scores)
    {
        List<(TokenMerge Merge, float Score, int First, int Second)> merges = [];
        Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> lookup = _vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach ((string text, int token) in _vocabulary.Where(token => TypeOf(token.Value) == GgufTokenizer.Normal))
        {
            if (text.Length > LongestToken)
            {
                throw metadata.Broken($"a token must have at most {LongestToken} characters; one of {text.Length} came");
            }

            for (int cut = 1; cut < text.Length; cut++)
            {
                if (lookup.TryGetValue(text.AsSpan(0, cut), out int first) && lookup.TryGetValue(text.AsSpan(cut), out int second))
                {
                    merges.Add((new(text[..cut], text[cut..]), scores[token], first, second));
                }
            }
        }

        return [.. merges.OrderByDescending(merge => merge.Score).ThenBy(merge => merge.First).ThenBy(merge => merge.Second).Select(merge => merge.Merge)];
    }

    /// <summary>Tokens that are single characters, or all bytes.</summary>
    private ITokenizer Plain()
    {
        IReadOnlyList<string> texts = metadata.Texts(TokensKey);
        byte[][] tokens = [.. texts.Where((_, token) => TypeOf(token) != GgufTokenizer.Unused).Select(text => RwkvSpelling.TryRead(text, out byte[] bytes) ? bytes : throw metadata.Broken($"{TokensKey}: a backslash must be followed by a backslash, t, n, r or x with two digits; '{OneLine.Cut(text, 60)}' came"))];
        if (tokens.Length == 256 && tokens.Select((token, value) => token.Length == 1 && token[0] == value).All(same => same))
        {
            return new ByteTokenizer();
        }

        bool whole = tokens.Length > 0 && tokens.All(token => Rune.DecodeFromUtf8(token, out _, out int length) == System.Buffers.OperationStatus.Done && length == token.Length);
        CharacterTokenizer? tokenizer = whole ? CharacterTokenizer.FromText(string.Concat(tokens.Select(Encoding.UTF8.GetString))) : null;
        return tokenizer is not null && tokenizer.VocabularySize == tokens.Length && tokens.Select((token, number) => tokenizer.Decode([number]) == Encoding.UTF8.GetString(token)).All(same => same)
            ? tokenizer
            : throw metadata.Wrong(TokensKey, "single characters in the order of their numbers, or all bytes, with model rwkv");
    }

    /// <summary>Sorts tokens by their kinds; those of bytes must all be there.</summary>
    private int ReadTokens(TokenizerScheme scheme)
    {
        IReadOnlyList<string> texts = metadata.Texts(TokensKey);
        HashSet<string> added = new(StringComparer.Ordinal);
        for (int token = 0; token < texts.Count; token++)
        {
            int type = TypeOf(token);
            string text = texts[token];
            bool alone = type switch
            {
                GgufTokenizer.Unused => true,
                GgufTokenizer.Control or GgufTokenizer.UserDefined => text.Length > 0 && added.Add(text),
                _ => _vocabulary.TryAdd(text, token),
            };
            if (!alone || (added.Contains(text) && _vocabulary.ContainsKey(text)))
            {
                throw metadata.Broken($"{TokensKey}: each token must have a text of its own; token {token}, '{OneLine.Cut(text, 60)}', has not");
            }

            if (type is GgufTokenizer.Control or GgufTokenizer.UserDefined or GgufTokenizer.Unknown)
            {
                _added.Add(new AddedToken(token, text, IsSpecial: type != GgufTokenizer.UserDefined));
            }
        }

        for (int value = 0; value < 256; value++)
        {
            string symbol = scheme == TokenizerScheme.ByteLevel ? ByteAlphabet.LetterOf((byte)value).ToString() : $"<0x{value:X2}>";
            if (!Knows(symbol))
            {
                throw metadata.Broken($"{TokensKey}: there must be a token for every byte; {OneLine.Quote(symbol)} for 0x{value:X2} is missing");
            }
        }

        return texts.Count;
    }

    /// <summary>The kind of a token; without a list of kinds all are normal.</summary>
    private int TypeOf(int token) => Types is not { } types ? GgufTokenizer.Normal
        : token < types.Count && types[token] is >= GgufTokenizer.Normal and <= GgufTokenizer.Byte ? types[token]
        : throw metadata.Broken($"{GgufTokenizer.Prefix}token_type must be a kind from 1 to 6 for each token; token {token} has none");

    private IReadOnlyList<int>? Types => field ??= metadata.Has(GgufTokenizer.Prefix + "token_type") ? metadata.Wholes(GgufTokenizer.Prefix + "token_type") : null;

    private bool Knows(string text) => _vocabulary.ContainsKey(text);

    /// <summary>Adds the tokens that are found as they are, and those before and behind a text.</summary>
    private BytePairTokenizer Create(TokenizerDefinition definition, bool addsBegin)
    {
        definition = definition with { AddedTokens = _added };
        return BytePairTokenizer.Create(definition with
        {
            TokensBefore = Around("bos", addsBegin),
            TokensBehind = Around("eos", otherwise: false),
        });

        int[] Around(string name, bool otherwise)
        {
            string key = $"{GgufTokenizer.Prefix}{name}_token_id";
            return metadata.Flag($"{GgufTokenizer.Prefix}add_{name}_token", otherwise) && metadata.Has(key) ? [metadata.Whole(key, 0, definition.Size - 1)] : [];
        }
    }
}
