using System.Text;
using Microsoft.ML.Tokenizers;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>Encodes bytes, word by word: the engine is Microsoft.ML.Tokenizers' <see cref="BpeTokenizer"/>, the words are ours.</summary>
internal sealed class ByteLevelEncoder : ISymbolEncoder
{
    private readonly BpeTokenizer _engine;
    private readonly WordSplitter _splitter;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>>? _outOfReach;

    public ByteLevelEncoder(TokenizerDefinition definition)
    {
        _splitter = new WordSplitter(definition.SplitPatterns);
        _engine = BpeTokenizer.Create(new BpeOptions(definition.Vocabulary)
        {
            Merges = definition.Merges.Select(merge => $"{merge.First} {merge.Second}"),
            ByteLevel = true,
            PreTokenizer = new GivenWords(),
        });
        Dictionary<string, int> outOfReach = definition.IgnoresMerges ? OutOfReach(definition) : [];
        _outOfReach = outOfReach.Count > 0 ? outOfReach.GetAlternateLookup<ReadOnlySpan<char>>() : null;
    }

    public void Encode(ReadOnlySpan<char> text, bool isFirst, List<int> tokens)
    {
        List<(int Offset, int Length)> words = _splitter.Split(text);
        int first = 0;
        for (int i = 0; i < words.Count && _outOfReach is not null; i++)
        {
            if (_outOfReach.Value.TryGetValue(text.Slice(words[i].Offset, words[i].Length), out int token))
            {
                EncodeWords(text, words, first, i, tokens);
                tokens.Add(token);
                first = i + 1;
            }
        }

        EncodeWords(text, words, first, words.Count, tokens);
    }

    public int CutOf(ReadOnlySpan<char> text) => _splitter.CutOf(text);

    private void EncodeWords(ReadOnlySpan<char> text, List<(int Offset, int Length)> words, int first, int end, List<int> tokens)
    {
        if (first < end)
        {
            int start = words[first].Offset;
            GivenWords.Set(words, first, end);
            tokens.AddRange(_engine.EncodeToIds(text[start..(words[end - 1].Offset + words[end - 1].Length)]));
        }
    }

    /// <summary>Tokens that no merges lead to: where merges are ignored, a word that is one of them is that token. Words that their merges lead to are tokens in any case.</summary>
    private static Dictionary<string, int> OutOfReach(TokenizerDefinition definition)
    {
        MergeTable merges = MergeTable.Of(definition);
        Dictionary<string, int> found = new(StringComparer.Ordinal);
        foreach ((string spelling, int token) in definition.Vocabulary)
        {
            if (spelling.Length > 1 && spelling.All(letter => ByteAlphabet.TryByteOf(letter, out _)))
            {
                int[] row = [.. spelling.Select(letter => definition.Vocabulary[letter.ToString()])];
                string text = merges.Merge(row) == 1 && row[0] == token ? "" : Encoding.UTF8.GetString([.. spelling.Select(letter => ByteAlphabet.TryByteOf(letter, out byte value) ? value : (byte)0)]);
                if (text.Length > 0 && !text.Contains('\ufffd', StringComparison.Ordinal))
                {
                    found.TryAdd(text, token);
                }
            }
        }

        return found;
    }

    /// <summary>Hands the engine words that are known already: each thread its own.</summary>
    private sealed class GivenWords : PreTokenizer
    {
        [ThreadStatic]
        private static List<(int Offset, int Length)>? s_words;

        public static void Set(List<(int Offset, int Length)> words, int first, int end)
        {
            int start = words[first].Offset;
            s_words = start == 0 && end == words.Count ? words : words[first..end].ConvertAll(word => (word.Offset - start, word.Length));
        }

        public override IEnumerable<(int Offset, int Length)> PreTokenize(string text) => s_words!;

        public override IEnumerable<(int Offset, int Length)> PreTokenize(ReadOnlySpan<char> text) => s_words!;
    }
}
