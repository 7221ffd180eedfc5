using System.Text;
using MuonSharp.Formats;
using MuonSharp.Training.Tests.Tokenizers.Reference;

namespace MuonSharp.Training.Tests.Tokenizers;

/// <summary>What holds of every byte pair encoding.</summary>
public class BytePairTokenizerTests
{
    public static TheoryData<string> Families => ["byte-level", "llama-byte-fallback", "qwen-split", "gpt2"];

    [Theory]
    [MemberData(nameof(Families))]
    public void Text_comes_back_from_its_tokens(string family)
    {
        ITokenizer tokenizer = Open(family);
        Assert.All(RandomTexts.Make(500, seed: 7), text =>
        {
            // Composed where the file asks for it; U+2581 is a space to Llama.
            string expected = family == "qwen-split" ? CharacterComposition.Compose(text) : family == "llama-byte-fallback" ? text.Replace('\u2581', ' ') : text;
            int[] plain = tokenizer.Encode(text), marked = tokenizer.EncodeMarked(text);
            Assert.Equal(expected, tokenizer.Decode(plain));
            Assert.Equal(Encoding.UTF8.GetByteCount(expected) + (family == "llama-byte-fallback" && text.Length > 0 ? 1 : 0), tokenizer.CountBytes(plain));
            Assert.All(marked, token => Assert.InRange(token, 0, tokenizer.VocabularySize - 1));
            if (family != "llama-byte-fallback")
            {
                Assert.Equal(expected, tokenizer.DecodeMarked(marked));
            }
        });
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void A_file_that_is_read_in_parts_has_the_tokens_of_its_text(string family)
    {
        using TemporaryFolder folder = new();
        ITokenizer tokenizer = Open(family);
        string text = string.Concat(RandomTexts.Make(5_000, seed: 8));
        Assert.Equal(tokenizer.EncodeMarked(text), tokenizer.EncodeFile(folder.Write("text.txt", text)));
    }

    [Theory]
    [InlineData("byte-level")]
    [InlineData("qwen-split")]
    [InlineData("smollm")]
    public void A_cut_changes_no_token(string family)
    {
        ITokenizer tokenizer = Open(family);
        int cuts = 0;
        foreach (string text in RandomTexts.Make(800, seed: 9))
        {
            int cut = tokenizer.CutOf(text);
            cuts += cut > 0 ? 1 : 0;
            foreach (string rest in new[] { "", " ", "a", "\n", "\n\nx", "\u0301", "'s", "1" })
            {
                Assert.Equal(tokenizer.EncodeMarked(text + rest), tokenizer.EncodeMarked(text[..cut]).Concat(tokenizer.EncodeMarked(text[cut..] + rest)));
            }
        }

        Assert.InRange(cuts, 150, 800);
    }

    [Fact]
    public void Names_of_special_tokens_are_text_unless_marks_are_asked_for()
    {
        BytePairTokenizer tokenizer = Gpt2Vocabulary.Tokenizer;
        Assert.Equal(50_257, tokenizer.VocabularySize);
        Assert.Equal(50_256, tokenizer.SpecialTokens.EndOfText);
        Assert.Equal([64, 50_256, 65], tokenizer.EncodeMarked("a<|endoftext|>b"));
        Assert.DoesNotContain(50_256, tokenizer.Encode("a<|endoftext|>b"));
        Assert.Equal("ab", tokenizer.Decode([64, 50_256, 65]));
        Assert.Equal("a<|endoftext|>b", tokenizer.DecodeMarked([64, 50_256, 65]));
    }

    [Fact]
    public void A_word_that_is_a_token_is_that_token_where_merges_are_ignored()
    {
        TokenizerDefinition definition = TokenizerJson.Read(Path.Combine(NodeReference.Root(), "tests", "golden", "tokenizers", "qwen-split", "tokenizer.json"));
        Dictionary<string, int> vocabulary = new(definition.Vocabulary, StringComparer.Ordinal) { ["Elizabethan"] = 650, ["\u0120xyzzy"] = 651 };
        BytePairTokenizer ignoring = BytePairTokenizer.Create(definition with { Vocabulary = vocabulary }), merging = BytePairTokenizer.Create(definition with { Vocabulary = vocabulary, IgnoresMerges = false });
        const string Text = "Elizabethan\t\tElizabethan xyzzy, xyzzyx";
        Assert.Equal([650, .. ignoring.Encode("\t\t")[..1], .. ignoring.Encode("\tElizabethan"), 651, .. ignoring.Encode(","), .. ignoring.Encode(" xyzzyx")], ignoring.Encode(Text));
        Assert.DoesNotContain(650, merging.Encode(Text));
        Assert.Equal(Text, ignoring.Decode(ignoring.Encode(Text)));
    }

    [Fact]
    public void Halves_of_surrogate_pairs_are_one_replacement_character_each() =>
        Assert.Equal("a\ufffdb\ufffd", Gpt2Vocabulary.Tokenizer.Decode(Gpt2Vocabulary.Tokenizer.Encode("a\ud800b\udc00")));

    [Theory]
    [InlineData("e\u0301", "\u00e9")]
    [InlineData("\u212b", "\u00c5")]
    [InlineData("\u1e9b\u0323", "\u1e9b\u0323")]
    [InlineData("s\u0307\u0323", "\u1e69")]
    [InlineData("\u0344", "\u0308\u0301")]
    [InlineData("\u1112\u1161\u11ab", "\ud55c")]
    [InlineData("\ud834\udd5e", "\ud834\udd57\ud834\udd65")]
    public void Characters_are_composed(string text, string composed) => Assert.Equal(composed, CharacterComposition.Compose(text));

    [Fact]
    public void A_long_row_of_symbols_is_merged_as_a_short_one()
    {
        Dice dice = new(5);
        MergeTable table = new(200);
        for (int i = 0; i < 200; i++)
        {
            table.Add(dice.Below(20 + i), dice.Below(20 + i), 20 + i);
        }

        for (int round = 0; round < 200; round++)
        {
            int[] row = [.. Enumerable.Range(0, 49 + dice.Below(200)).Select(_ => dice.Below(20))];
            int[] expected = Straight(row, table);
            Assert.Equal(expected, row[..table.Merge(row)]);
        }
    }

    // The leftmost pair of the lowest rank, found by asking the table about rows of two.
    private static int[] Straight(int[] row, MergeTable table)
    {
        List<int> symbols = [.. row];
        while (true)
        {
            (int place, int result) = (-1, int.MaxValue);
            for (int i = 0; i + 1 < symbols.Count; i++)
            {
                int[] two = [symbols[i], symbols[i + 1]];
                if (table.Merge(two) == 1 && two[0] < result)
                {
                    (place, result) = (i, two[0]);
                }
            }

            if (place < 0)
            {
                return [.. symbols];
            }

            symbols[place] = result;
            symbols.RemoveAt(place + 1);
        }
    }

    private static ITokenizer Open(string family) => SplitForms.Names.Contains(family)
        ? BytePairTokenizer.Create(TokenizerJson.Parse(Encoding.UTF8.GetBytes(SplitForms.Json(family)), family))
        : TokenizerKinds.Open(family == "gpt2" ? family : Path.Combine(NodeReference.Root(), "tests", "golden", "tokenizers", family));
}
