using System.Text;
using System.Text.Json.Nodes;
using MuonSharp.Formats;

namespace MuonSharp.Training.Tests.Tokenizers.Reference;

/// <summary>Our tokens are those of tiktoken and of Hugging Face's tokenizers; our merges are those of Hugging Face's trainer.</summary>
public class ReferenceTests
{
    public static TheoryData<string> Forms => [.. SplitForms.Names];

    public static TheoryData<string> Families => ["byte-level", "llama-byte-fallback", "qwen-split"];

    [Fact]
    public void GPT_2_has_the_tokens_of_tiktoken() => CompareGpt2(random: 500, seed: 5);

    [Fact(Explicit = true)]
    public void GPT_2_has_the_tokens_of_tiktoken_for_many_texts() => CompareGpt2(random: 10_000, seed: 1);

    private static void CompareGpt2(int random, ulong seed)
    {
        string[] texts = [.. GoldenTexts(), EmbeddedCorpus.Read(), .. RandomTexts.Make(random, seed)];
        int[][] expected = NodeReference.Tokens("tiktoken", new JsonObject { ["what"] = "tiktoken", ["name"] = "gpt2" }, texts);
        Assert.Equal(272_689, expected[GoldenTexts().Length].Length);
        Same(texts, expected, text => Gpt2Vocabulary.Tokenizer.Encode(text));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void A_file_gives_the_tokens_of_Hugging_Face(string family) => CompareFile(family, random: 300, seed: 6);

    [Theory(Explicit = true)]
    [MemberData(nameof(Families))]
    public void A_file_gives_the_tokens_of_Hugging_Face_for_many_texts(string family) => CompareFile(family, random: 10_000, seed: 2);

    private static void CompareFile(string family, int random, ulong seed)
    {
        ITokenizer tokenizer = TokenizerFile.Load(PathOf(family));
        string[] texts = RandomTexts.Make(random, seed);
        JsonObject Request(bool special) => new() { ["what"] = "huggingface", ["file"] = PathOf(family), ["special"] = special };
        Same(texts, NodeReference.Tokens("tokenizers", Request(special: false), texts), tokenizer.EncodeMarked);
        Same(texts, NodeReference.Tokens("tokenizers", Request(special: true), texts), text => [.. tokenizer.SpecialTokens.Before, .. tokenizer.EncodeMarked(text), .. tokenizer.SpecialTokens.Behind]);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_makers_way_to_cut_gives_the_tokens_of_Hugging_Face(string name)
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("tokenizer.json", SplitForms.Json(name));
        ITokenizer tokenizer = TokenizerFile.Load(path);
        string[] texts = RandomTexts.Make(1_000, seed: 12);
        int[][] expected = NodeReference.Tokens("tokenizers", new() { ["what"] = "huggingface", ["file"] = path, ["special"] = false }, texts);
        Same(texts, expected, tokenizer.EncodeMarked);

        // With another cut the tokens are others.
        ITokenizer uncut = BytePairTokenizer.Create(TokenizerJson.Read(path) with { SplitPatterns = [TokenizerJson.Gpt2Pattern] });
        Assert.True(texts.Zip(expected).Count(pair => !pair.Second.AsSpan().SequenceEqual(uncut.EncodeMarked(pair.First))) > 100);
    }

    [Fact]
    public void What_is_trained_and_written_is_read_by_Hugging_Face()
    {
        using TemporaryFolder folder = new();
        BytePairTrainer trainer = new();
        trainer.Add(EmbeddedCorpus.Read().AsSpan(0, 100_000));
        BytePairTokenizer tokenizer = trainer.Train(700);
        string path = folder.Write("tokenizer.json", Encoding.UTF8.GetString(TokenizerFile.ToBytes(tokenizer)));
        string[] texts = RandomTexts.Make(500, seed: 3);
        Same(texts, NodeReference.Tokens("tokenizers", new() { ["what"] = "huggingface", ["file"] = path, ["special"] = false }, texts), tokenizer.EncodeMarked);
    }

    [Fact(Explicit = true)]
    public void The_merges_are_those_of_Hugging_Faces_trainer()
    {
        // That one reads files by lines, so the text is one line.
        using TemporaryFolder folder = new();
        string text = EmbeddedCorpus.Read().Replace('\n', ' ');
        BytePairTrainer trainer = new([]);
        trainer.Add(text);
        IReadOnlyList<TokenMerge> merges = trainer.Train(4096).Definition.Merges;
        JsonNode expected = NodeReference.Ask("tokenizers", new JsonObject { ["what"] = "train", ["file"] = folder.Write("text.txt", text), ["count"] = merges.Count });
        Assert.Equal(4096 - 256, merges.Count);
        Assert.Equal(expected.AsArray().Select(pair => (string)pair!), merges.Select(merge => $"{merge.First} {merge.Second}"));
    }

    [Fact(Explicit = true)]
    public void Characters_are_composed_as_in_ICU()
    {
        string[] texts =
        [
            .. Enumerable.Range(0, 0x30000).Where(value => Rune.IsValid(value) && Rune.GetUnicodeCategory(new(value)) != System.Globalization.UnicodeCategory.OtherNotAssigned && value is not 0x897 and not (>= 0x10D40 and < 0x10F00) and not (>= 0x11380 and < 0x11400) and not (>= 0x11F00 and < 0x12000) and not (>= 0x16100 and < 0x16E00) and not (>= 0x1E000 and < 0x1E6C0))
                .Chunk(64).Select(chunk => string.Concat(chunk.Select(value => $"{new Rune(value)}a{new Rune(value)}\u0301\u0323 "))),
            .. RandomTexts.Make(2_000, seed: 4),
        ];
        JsonArray expected = NodeReference.Ask(package: null, new JsonObject { ["what"] = "normalize", ["texts"] = new JsonArray([.. texts.Select(text => (JsonNode)text)]) }).AsArray();
        Assert.All(texts.Zip(expected), pair => Assert.Equal((string)pair.Second!, CharacterComposition.Compose(pair.First)));
    }

    private static void Same(string[] texts, int[][] expected, Func<string, int[]> encode)
    {
        Assert.Equal(texts.Length, expected.Length);
        Assert.All(texts.Zip(expected), pair => Assert.True(pair.Second.AsSpan().SequenceEqual(encode(pair.First)), $"{Uri.EscapeDataString(pair.First.Length > 300 ? "a long text" : pair.First)}: {string.Join(' ', pair.Second.Take(50))} expected, {string.Join(' ', encode(pair.First).Take(50))} came"));
    }

    private static string[] GoldenTexts() => [.. JsonNode.Parse(File.ReadAllText(Path.Combine(Path.GetDirectoryName(PathOf("byte-level"))!, "case.json")))!["cases"]!.AsArray().Select(one => (string)one!["text"]!)];

    private static string PathOf(string family) => Path.Combine(NodeReference.Root(), "tests", "golden", "tokenizers", family, "tokenizer.json");
}
