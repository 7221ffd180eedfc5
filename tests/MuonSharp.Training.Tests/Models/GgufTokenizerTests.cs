using System.Text;
using System.Text.Json.Nodes;
using MuonSharp.Formats;

namespace MuonSharp.Training.Tests.Models;

/// <summary>Tokenizers that went through the keys of a GGUF file have the tokens of Hugging Face's tokenizers, of a sorted list of characters, and of bytes.</summary>
public class GgufTokenizerTests
{
    [Theory]
    [InlineData("byte-level")]
    [InlineData("llama-byte-fallback")]
    [InlineData("qwen-split")]
    public void Byte_pairs_keep_the_tokens_of_the_golden_texts(string family)
    {
        string folder = Path.Combine(Root(), "tests", "golden", "tokenizers", family);
        ITokenizer tokenizer = ThroughAFile(TokenizerFile.Load(Path.Combine(folder, "tokenizer.json")));
        JsonArray cases = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "case.json")))!["cases"]!.AsArray();
        Assert.NotEmpty(cases);
        Assert.All(cases, one =>
        {
            string text = (string)one!["text"]!;
            Assert.Equal(Ids(one["ids"]!), tokenizer.EncodeMarked(text));
            Assert.Equal(Ids(one["ids_with_special_tokens"]!), (int[])[.. tokenizer.SpecialTokens.Before, .. tokenizer.EncodeMarked(text), .. tokenizer.SpecialTokens.Behind]);
            Assert.Equal((string)one["decoded"]!, tokenizer.DecodeMarked(Ids(one["ids"]!)));
        });
    }

    [Fact]
    public void Characters_and_bytes_keep_their_numbers()
    {
        const string Text = "b\\a\n\té—😀 x\\n";
        ITokenizer characters = ThroughAFile(CharacterTokenizer.FromText(Text), spare: 3), bytes = ThroughAFile(new ByteTokenizer());
        Rune[] sorted = [.. Text.EnumerateRunes().Distinct().Order()];
        Assert.Equal(Text.EnumerateRunes().Select(rune => Array.IndexOf(sorted, rune)), characters.Encode(Text));
        Assert.Equal(sorted.Length, characters.VocabularySize);
        Assert.Equal(Encoding.UTF8.GetBytes(Text).Select(value => (int)value), bytes.Encode(Text));
    }

    [Theory]
    [InlineData("model", "bert", "'tokenizer.ggml.model' must be gpt2, llama or rwkv, the kinds of tokenizers that can be read here; 'bert' came")]
    [InlineData("pre", "falcon", "'tokenizer.ggml.pre' must be one of gpt-2, phi-2, qwen2, deepseek-r1-qwen, llama-bpe, llama-v3, llama3, smollm, deepseek-v3, default, the rules of splitting that are known here; 'falcon' came")]
    [InlineData("pre", null, "the rules of splitting that are known here; it is missing")]
    [InlineData("tokens", null, "'tokenizer.ggml.tokens' must be a list of texts; it is missing")]
    [InlineData("merges", "a", "'tokenizer.ggml.merges' must be a list of texts; 'a' came")]
    [InlineData("bos_token_id", -1, "'tokenizer.ggml.bos_token_id' must be a whole number from 0 to ")]
    public void What_is_not_known_is_said_in_one_line(string key, object? value, string problem)
    {
        GgufMetadata keys = GgufTokenizer.Describe(TokenizerFile.Load(Path.Combine(Root(), "tests", "golden", "tokenizers", "byte-level", "tokenizer.json")), 0);
        Refused(With(keys, (key, value), ("add_bos_token", true)), problem);
    }

    [Fact]
    public void Lists_that_do_not_fit_are_said_in_one_line()
    {
        GgufMetadata bytes = GgufTokenizer.Describe(new ByteTokenizer(), 0);
        string[] texts = [.. bytes.Texts("tokenizer.ggml.tokens")];
        Refused(With(bytes, ("tokens", (string[])["\\q", .. texts[1..]])), "a backslash must be followed by a backslash, t, n, r or x with two digits; '\\q' came");
        Refused(With(bytes, ("tokens", (string[])[.. texts[..^1], "ab"])), "single characters in the order of their numbers, or all bytes, with model rwkv");
        Refused(With(bytes, ("token_type", (int[])[1, 2])), "token_type must be a kind from 1 to 6 for each token; token 2 has none");

        GgufMetadata pairs = GgufTokenizer.Describe(TokenizerFile.Load(Path.Combine(Root(), "tests", "golden", "tokenizers", "llama-byte-fallback", "tokenizer.json")), 0);
        string[] tokens = [.. pairs.Texts("tokenizer.ggml.tokens")];
        int letter = Array.IndexOf(tokens, "<0x41>");
        Refused(With(pairs, ("tokens", (string[])[.. tokens[..letter], "A?", .. tokens[(letter + 1)..]])), "there must be a token for every byte; '<0x41>' for 0x41 is missing");
        Refused(With(pairs, ("tokens", (string[])[.. tokens[..letter], "<0x42>", .. tokens[(letter + 1)..]])), "each token must have a text of its own");
        Refused(With(pairs, ("scores", (float[])[1, 2])), "a number for each of the");
        Refused(With(pairs, ("tokens", (string[])[.. tokens, new string('x', 2000)]), ("scores", new float[tokens.Length + 1]), ("token_type", null)), "a token must have at most 1024 characters; one of 2000 came");
    }

    private static void Refused(GgufMetadata keys, string problem)
    {
        string message = Assert.Throws<InvalidFileException>(() => ThroughAFile(keys)).Message;
        Assert.Contains(problem, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    /// <summary>The keys with some of them replaced or, where the value is null, left out.</summary>
    private static GgufMetadata With(GgufMetadata keys, params (string Key, object? Value)[] changes)
    {
        GgufMetadata changed = new();
        foreach ((string key, object value) in keys)
        {
            if (changes.All(change => "tokenizer.ggml." + change.Key != key)) Add(changed, key, value);
        }

        foreach ((string key, object? value) in changes)
        {
            if (value is not null) Add(changed, "tokenizer.ggml." + key, value);
        }

        return changed;
    }

    private static void Add(GgufMetadata keys, string key, object value)
    {
        switch (value)
        {
            case string text: keys.Add(key, text); break;
            case uint number: keys.Add(key, number); break;
            case int number: keys.Add(key, (float)number); break;
            case bool flag: keys.Add(key, flag); break;
            case string[] texts: keys.Add(key, texts); break;
            case int[] numbers: keys.Add(key, numbers); break;
            case float[] numbers: keys.Add(key, numbers); break;
            default: throw new ArgumentException(key);
        }
    }

    private static ITokenizer ThroughAFile(ITokenizer tokenizer, int spare = 0) => ThroughAFile(GgufTokenizer.Describe(tokenizer, tokenizer.VocabularySize + spare));

    private static ITokenizer ThroughAFile(GgufMetadata keys)
    {
        using TemporaryFolder folder = new();
        string path = Path.Combine(folder.Path, "tokenizer.gguf");
        GgufWriter.Write(path, keys, []);
        return GgufTokenizer.Load(path);
    }

    private static int[] Ids(JsonNode node) => [.. node.AsArray().Select(id => (int)id!)];

    private static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "MuonSharp.slnx"))) folder = folder.Parent;
        return folder!.FullName;
    }
}
