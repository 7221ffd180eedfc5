using System.Runtime.InteropServices;
using System.Text;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>Finds the merges of a byte-level byte pair encoding: again and again the pair of neighbours that comes most often in the words of a text becomes a token.</summary>
/// <remarks>
/// <para>Words are those of GPT-2's expression; a word that comes a hundred times counts a hundred times and is looked at once. Of pairs that come equally often the
/// one of the smaller tokens is merged, the first token compared first. Tokens 0 to 255 are the bytes in the order of their letters in <see cref="ByteAlphabet"/>,
/// then come the merges in their order, then the special tokens: Hugging Face's trainer numbers and decides in the same way.</para>
/// <para>Cost: a pass over the text, then for each merge the words that hold its pair. Memory: the different words and the pairs in them.</para>
/// </remarks>
public sealed class BytePairTrainer
{
    private readonly Dictionary<string, long> _words = new(StringComparer.Ordinal);
    private readonly WordSplitter _splitter = new([TokenizerJson.Gpt2Pattern]);
    private readonly AddedTokenFinder _special;
    private readonly IReadOnlyList<string> _specialNames;

    /// <summary>A trainer.</summary>
    /// <param name="specialTokens">Names of tokens that stand for no text; where they are in the text, they are no part of a word. Null: GPT-2's end of text.</param>
    /// <exception cref="BadInputException">A name is empty, a single byte's letter, or comes twice.</exception>
    public BytePairTrainer(IReadOnlyList<string>? specialTokens = null)
    {
        _specialNames = specialTokens ?? [Gpt2Vocabulary.EndOfText];
        foreach (string name in _specialNames)
        {
            if (name.Length < 2 || _specialNames.Count(other => other == name) > 1)
            {
                throw new BadInputException($"[tokenizer] names of special tokens must have two characters at least and be distinct; {OneLine.Quote(name)} came");
            }
        }

        _special = new([.. _specialNames.Select((name, index) => new AddedToken(index, name, IsSpecial: true))]);
    }

    /// <summary>Fewest tokens: the bytes and the special tokens.</summary>
    public int LeastVocabulary => 256 + _specialNames.Count;

    /// <summary>Counts the words of a text.</summary>
    /// <param name="text">The text.</param>
    public void Add(ReadOnlySpan<char> text)
    {
        Dictionary<string, long>.AlternateLookup<ReadOnlySpan<char>> words = _words.GetAlternateLookup<ReadOnlySpan<char>>();
        while (!text.IsEmpty)
        {
            int place = _special.Find(text, out int length, out _);
            ReadOnlySpan<char> part = place < 0 ? text : text[..place];
            foreach ((int start, int count) in _splitter.Split(part))
            {
                CollectionsMarshal.GetValueRefOrAddDefault(words, part.Slice(start, count), out _)++;
            }

            text = place < 0 ? [] : text[(place + length)..];
        }
    }

    /// <summary>Counts the words of a text that is read along the way.</summary>
    /// <param name="reader">The text, from where the reader is to its end.</param>
    public void Add(TextReader reader)
    {
        bool holdsBlanks = _special.HoldBlanks;
        TextChunks.Read(reader, text => holdsBlanks ? 0 : _splitter.CutOf(text), Add);
    }

    /// <summary>Counts the words of texts, a file at a time; they are never in memory as a whole.</summary>
    /// <param name="files">Where they are.</param>
    /// <exception cref="BadInputException">A path means nothing, or something that is no UTF-8 text.</exception>
    public void Add(DataFiles files)
    {
        foreach (string path in FileSearch.Files(files))
        {
            using TextReader reader = TextFile.Open(path);
            Add(reader);
        }
    }

    /// <summary>Makes the tokenizer.</summary>
    /// <param name="vocabulary">Number of its tokens, the bytes and the special ones included. Fewer come out if every word has become a token before.</param>
    /// <exception cref="BadInputException">The vocabulary cannot be so small.</exception>
    public BytePairTokenizer Train(int vocabulary)
    {
        if (vocabulary < LeastVocabulary)
        {
            throw new BadInputException($"[tokenizer] the vocabulary must have {LeastVocabulary} tokens at least, the bytes and the special tokens; {vocabulary} came");
        }

        string[] letters = [.. Enumerable.Range(0, 256).Select(value => ByteAlphabet.LetterOf((byte)value).ToString()).Order(StringComparer.Ordinal)];
        List<string> spellings = [.. letters];
        Dictionary<string, int> all = spellings.Select((spelling, token) => KeyValuePair.Create(spelling, token)).ToDictionary(StringComparer.Ordinal);
        PairCounts counts = new(_words.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => (Symbols(pair.Key, letters), pair.Value)));
        List<TokenMerge> merges = [];
        while (spellings.Count < vocabulary - _specialNames.Count && counts.Best() is { } pair)
        {
            TokenMerge merge = new(spellings[pair.First], spellings[pair.Second]);
            merges.Add(merge);
            // Two pairs may spell the same token: both become it.
            if (all.TryAdd(merge.Result, spellings.Count))
            {
                spellings.Add(merge.Result);
            }

            counts.Merge(pair, all[merge.Result]);
        }

        foreach (string name in _specialNames)
        {
            _ = all.TryAdd(name, all.Count) ? name : throw new BadInputException($"[tokenizer] names of special tokens must be spelt like no other token; {OneLine.Quote(name)} came");
        }

        return BytePairTokenizer.Create(new()
        {
            Scheme = TokenizerScheme.ByteLevel,
            Vocabulary = all,
            Merges = merges,
            AddedTokens = [.. _specialNames.Select(name => new AddedToken(all[name], name, IsSpecial: true))],
            SplitPatterns = [TokenizerJson.Gpt2Pattern],
        });
    }

    private static int[] Symbols(string word, string[] letters) =>
        [.. Encoding.UTF8.GetBytes(word).Select(value => Array.BinarySearch(letters, ByteAlphabet.LetterOf(value).ToString(), StringComparer.Ordinal))];
}
