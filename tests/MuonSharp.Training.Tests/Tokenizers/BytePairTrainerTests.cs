using System.Text;
using System.Text.RegularExpressions;
using MuonSharp.Formats;
using MuonSharp.Training.Tests.Tokenizers.Reference;

namespace MuonSharp.Training.Tests.Tokenizers;

/// <summary>Training of byte pair encodings against a trainer that counts everything anew for every merge.</summary>
public class BytePairTrainerTests
{
    [Theory]
    [InlineData("aaaaa aaaa aaa", 270)]
    [InlineData("low low low lower newest newest newest widest", 290)]
    [InlineData("na\u00efve caf\u00e9 \ud83d\ude42\ud83d\ude42 \u65e5\u672c\u8a9e\u65e5\u672c it's it'll 12 12\n\n  x", 300)]
    [InlineData("ab ba ab ba abab baba", 262)]
    public void The_merges_are_those_of_counting_everything_anew(string text, int vocabulary) => Compare(text, vocabulary);

    [Fact]
    public void The_same_of_random_texts()
    {
        foreach (string text in Enumerable.Range(0, 40).Select(i => string.Concat(RandomTexts.Make(12, seed: (ulong)(100 + i)).Where(text => !text.Any(char.IsSurrogate)))))
        {
            Compare(text, 330);
        }
    }

    [Fact]
    public void Text_in_parts_and_as_a_whole_gives_the_same_file()
    {
        using TemporaryFolder folder = new();
        string text = EmbeddedCorpus.Read();
        BytePairTrainer whole = new(), parts = new();
        whole.Add(text);
        parts.Add(new DataFiles(folder.Write("text.txt", text)));
        Assert.Equal(TokenizerFile.ToBytes(whole.Train(600)), TokenizerFile.ToBytes(parts.Train(600)));
    }

    [Fact]
    public void A_text_with_few_words_gives_fewer_tokens_and_special_ones_come_last()
    {
        BytePairTrainer trainer = new(["<a>", "<b>"]);
        trainer.Add("hi<a>hi");
        BytePairTokenizer tokenizer = trainer.Train(1000);
        Assert.Equal(256 + 1 + 2, tokenizer.VocabularySize);
        Assert.Equal([256, 257, 256], tokenizer.EncodeMarked("hi<a>hi"));
        Assert.Equal(258, tokenizer.SpecialTokens.Named["<b>"]);
    }

    [Fact]
    public void A_vocabulary_without_room_for_the_bytes_and_bad_names_are_refused()
    {
        Assert.Contains("257 tokens at least", Assert.Throws<BadInputException>(() => new BytePairTrainer().Train(256)).Message, StringComparison.Ordinal);
        Assert.Throws<BadInputException>(() => new BytePairTrainer(["a"]));
        Assert.Throws<BadInputException>(() => new BytePairTrainer(["<a>", "<a>"]));
    }

    private static void Compare(string text, int vocabulary)
    {
        BytePairTrainer trainer = new([]);
        trainer.Add(text);
        BytePairTokenizer tokenizer = trainer.Train(vocabulary);
        Assert.Equal(Naive(text, vocabulary), tokenizer.Definition.Merges);
        Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
    }

    // Spellings instead of numbers, no queue, no index: for every merge all pairs of all words are counted.
    private static List<TokenMerge> Naive(string text, int vocabulary)
    {
        List<string> tokens = [.. Enumerable.Range(0, 256).Select(value => ByteAlphabet.LetterOf((byte)value).ToString()).Order(StringComparer.Ordinal)];
        List<List<string>> words = [.. Regex.Matches(text, TokenizerJson.Gpt2Pattern, RegexOptions.None, TimeSpan.FromMinutes(1)).Select(word => Encoding.UTF8.GetBytes(word.Value).Select(value => ByteAlphabet.LetterOf(value).ToString()).ToList())];
        List<TokenMerge> merges = [];
        while (tokens.Count < vocabulary)
        {
            IGrouping<(string First, string Second), (string First, string Second)>? best = words.SelectMany(word => word.Zip(word.Skip(1))).GroupBy(pair => pair)
                .OrderByDescending(group => group.Count()).ThenBy(group => tokens.IndexOf(group.Key.First)).ThenBy(group => tokens.IndexOf(group.Key.Second)).FirstOrDefault();
            if (best is null)
            {
                break;
            }

            merges.Add(new(best.Key.First, best.Key.Second));
            if (!tokens.Contains(merges[^1].Result))
            {
                tokens.Add(merges[^1].Result);
            }

            foreach (List<string> word in words)
            {
                for (int i = 0; i + 1 < word.Count; i++)
                {
                    if (word[i] == best.Key.First && word[i + 1] == best.Key.Second)
                    {
                        word[i] = merges[^1].Result;
                        word.RemoveAt(i + 1);
                    }
                }
            }
        }

        return merges;
    }
}
