using System.Text;
using System.Text.Json.Nodes;

namespace MuonSharp.Formats.Tests;

/// <summary>Hugging Face tokenizer files: read, written, and refused by name.</summary>
public class TokenizerJsonTests
{
    public static TheoryData<string> Families => [.. GoldenTokenizers.Names];

    [Theory]
    [MemberData(nameof(Families))]
    public void What_is_written_is_read_as_the_same(string family)
    {
        TokenizerDefinition read = TokenizerJson.Read(GoldenTokenizers.PathOf(family)), again = Parse(TokenizerJson.Write(read));
        Assert.Equal(read.Vocabulary.OrderBy(pair => pair.Value), again.Vocabulary.OrderBy(pair => pair.Value));
        Assert.Equal(read.Merges, again.Merges);
        Assert.Equal(read.AddedTokens, again.AddedTokens);
        Assert.Equal(read.SplitPatterns, again.SplitPatterns);
        Assert.Equal(read.TokensBefore, again.TokensBefore);
        Assert.Equal(
            (read.Scheme, read.ComposesCharacters, read.IgnoresMerges, read.PrefixSpace, read.UnknownToken, read.Size),
            (again.Scheme, again.ComposesCharacters, again.IgnoresMerges, again.PrefixSpace, again.UnknownToken, again.Size));
    }

    [Fact]
    public void The_golden_files_say_what_their_families_do()
    {
        TokenizerDefinition gpt2 = TokenizerJson.Read(GoldenTokenizers.PathOf("byte-level")), qwen = TokenizerJson.Read(GoldenTokenizers.PathOf("qwen-split")), llama = TokenizerJson.Read(GoldenTokenizers.PathOf("llama-byte-fallback"));
        Assert.Equal((TokenizerScheme.ByteLevel, 600, 343), (gpt2.Scheme, gpt2.Size, gpt2.Merges.Count));
        Assert.Equal([TokenizerJson.Gpt2Pattern], gpt2.SplitPatterns);
        Assert.Equal([new AddedToken(0, "<|endoftext|>", IsSpecial: true)], gpt2.AddedTokens);
        Assert.True(qwen is { ComposesCharacters: true, IgnoresMerges: true, Size: 603 });
        Assert.Equal((TokenizerScheme.ByteFallback, PrefixSpace.Always, "<unk>"), (llama.Scheme, llama.PrefixSpace, llama.UnknownToken));
        Assert.Equal([1], llama.TokensBefore);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Merges_are_read_in_both_spellings(string family)
    {
        JsonObject json = GoldenTokenizers.Json(family);
        IReadOnlyList<TokenMerge> merges = Parse(json).Merges;
        json["model"]!["merges"] = new JsonArray([.. merges.Select(merge => (JsonNode)$"{merge.First} {merge.Second}")]);
        Assert.Equal(merges, Parse(json).Merges);
        json["model"]!["merges"] = new JsonArray([.. merges.Select(merge => new JsonArray(merge.First, merge.Second))]);
        Assert.Equal(merges, Parse(json).Merges);
    }

    [Theory]
    [InlineData("byte-level", "truncation", """{"max_length": 8}""", "truncation must be null; an object came")]
    [InlineData("byte-level", "padding", "{}", "padding must be null")]
    [InlineData("byte-level", "surprise", "1", "'surprise' came")]
    [InlineData("byte-level", "normalizer", """{"type": "Lowercase"}""", "normalizer.type must be NFC; \"Lowercase\" came")]
    [InlineData("byte-level", "normalizer", """{"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "NFKC"}]}""", "normalizer.normalizers[1].type must be NFC; \"NFKC\" came")]
    [InlineData("byte-level", "pre_tokenizer", "null", "pre_tokenizer must be one with ByteLevel")]
    [InlineData("byte-level", "pre_tokenizer", """{"type": "Whitespace"}""", "'type'", "pre_tokenizer.type must be ByteLevel; \"Whitespace\" came")]
    [InlineData("byte-level", "pre_tokenizer.add_prefix_space", "true", "pre_tokenizer.add_prefix_space must be false; true came")]
    [InlineData("qwen-split", "pre_tokenizer.pretokenizers.0.behavior", "\"Removed\"", "pre_tokenizer.pretokenizers[0].behavior must be Isolated; \"Removed\" came")]
    [InlineData("qwen-split", "pre_tokenizer.pretokenizers.0.invert", "true", "pre_tokenizer.pretokenizers[0].invert must be false")]
    [InlineData("qwen-split", "pre_tokenizer.pretokenizers.0.pattern", """{"String": " "}""", "'String' came")]
    [InlineData("qwen-split", "pre_tokenizer.pretokenizers.0.pattern.Regex", "\"(unclosed\"", "pattern.Regex must be an expression that means the same here; ")]
    [InlineData("qwen-split", "pre_tokenizer.pretokenizers.0.pattern.Regex", "\"\\\\w+\"", "\\w is not supported")]
    [InlineData("qwen-split", "pre_tokenizer.pretokenizers.0.pattern.Regex", "\"^a\"", "^ is not supported")]
    [InlineData("qwen-split", "pre_tokenizer.pretokenizers.0.pattern.Regex", "\"[a-z&&[^b]]\"", "sets of sets are not supported")]
    [InlineData("byte-level", "decoder", "null", "decoder must be an object; null came")]
    [InlineData("byte-level", "decoder", """{"type": "WordPiece"}""", "decoder.type must be ByteLevel")]
    [InlineData("byte-level", "post_processor", """{"type": "RobertaProcessing"}""", "post_processor.type must be one of ByteLevel, TemplateProcessing; \"RobertaProcessing\" came")]
    [InlineData("llama-byte-fallback", "post_processor.single.0.SpecialToken.id", "\"<nobody>\"", "must be an object; it is missing")]
    [InlineData("byte-level", "added_tokens.0.lstrip", "true", "added_tokens[0].lstrip must be false; true came")]
    [InlineData("byte-level", "added_tokens.0.single_word", "true", "added_tokens[0].single_word must be false")]
    [InlineData("qwen-split", "added_tokens.0.normalized", "true", "added_tokens[0].normalized must be false")]
    [InlineData("byte-level", "added_tokens.0.id", "5", "added_tokens[0].id must be the number that '<|endoftext|>' has in model.vocab")]
    [InlineData("qwen-split", "added_tokens.1.id", "600", "added_tokens[1].id must be")]
    [InlineData("qwen-split", "added_tokens.1.content", "\"<|endoftext|>\"", "added_tokens[1].content must be the text of one token alone")]
    [InlineData("byte-level", "model.type", "\"Unigram\"", "model.type must be BPE; \"Unigram\" came")]
    [InlineData("byte-level", "model.dropout", "0.1", "model.dropout must be null; 0.1 came")]
    [InlineData("byte-level", "model.end_of_word_suffix", "\"</w>\"", "model.end_of_word_suffix must be null")]
    [InlineData("byte-level", "model.unk_token", "\"<unk>\"", "model.unk_token must be a token of model.vocab")]
    [InlineData("byte-level", "model.vocab.a", "66", "must be a number that no other token has; 66 came")]
    [InlineData("byte-level", "model.vocab.a", "2000000000", "model.vocab.a must be a whole number from 0 to 2224")]
    [InlineData("byte-level", "model.vocab.a", null, "model.vocab must have a token for every byte; 'a' for 0x61 is missing")]
    [InlineData("byte-level", "model.merges.0", "\"h e x\"", "model.merges[0] must be two tokens with a space between them")]
    [InlineData("byte-level", "model.merges.0", """["q", "q"]""", "model.merges[0] must be two tokens of model.vocab that make a third one")]
    [InlineData("byte-level", "model.merges.1", """["h", "e"]""", "model.merges[1] must be a pair that did not come before")]
    [InlineData("llama-byte-fallback", "model.ignore_merges", "true", "model.ignore_merges must be false with byte_fallback")]
    [InlineData("llama-byte-fallback", "pre_tokenizer", """{"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": false}""", "pre_tokenizer.prepend_scheme must be one of never, first")]
    [InlineData("llama-byte-fallback", "normalizer", """{"type": "Sequence", "normalizers": []}""", "normalizer must be Prepend and Replace, or Replace, with byte_fallback")]
    [InlineData("llama-byte-fallback", "decoder.decoders.3.start", "2", "decoder.decoders[3].start must be a whole number from 1 to 1; 2 came")]
    public void What_is_not_supported_is_refused_by_name(string family, string place, string? value, params string[] words)
    {
        JsonObject json = GoldenTokenizers.Json(family);
        GoldenTokenizers.Put(json, place, value);
        InvalidFileException error = Assert.Throws<InvalidFileException>(() => Parse(json));
        Assert.All(words.TakeLast(1), word => Assert.Contains(word, error.Message, StringComparison.Ordinal));
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void The_alphabet_of_bytes_is_that_of_GPT_2()
    {
        char[] letters = [.. Enumerable.Range(0, 256).Select(value => ByteAlphabet.LetterOf((byte)value))];
        Assert.Equal(256, letters.Distinct().Count());
        Assert.Equal("\u0120\u010a!~\u0121\u00a1\u00ae\u00ff\u0143", $"{letters[' ']}{letters['\n']}{letters['!']}{letters['~']}{letters[0x7f]}{letters[0xa1]}{letters[0xae]}{letters[0xff]}{letters[0xad]}");
        Assert.All(letters.Select((letter, value) => (letter, value)), pair => Assert.True(ByteAlphabet.TryByteOf(pair.letter, out byte back) && back == pair.value));
        Assert.False(ByteAlphabet.TryRead("a b", out _));
    }

    private static TokenizerDefinition Parse(JsonObject json) => TokenizerJson.Parse(Encoding.UTF8.GetBytes(json.ToJsonString()), "tokenizer.json");
}

/// <summary>The tokenizers of the golden cases.</summary>
internal static class GoldenTokenizers
{
    public static string[] Names { get; } = ["byte-level", "llama-byte-fallback", "qwen-split"];

    public static string PathOf(string family)
    {
        string root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "MuonSharp.slnx")))
        {
            root = Path.GetDirectoryName(root)!;
        }

        return Path.Combine(root, "tests", "golden", "tokenizers", family, "tokenizer.json");
    }

    public static JsonObject Json(string family) => JsonNode.Parse(File.ReadAllText(PathOf(family)))!.AsObject();

    /// <summary>Puts a value at a dotted place; null takes away what is there.</summary>
    public static void Put(JsonObject json, string place, string? value)
    {
        string[] parts = place.Split('.');
        JsonNode node = json;
        foreach (string part in parts[..^1])
        {
            node = (node is JsonArray list ? list[int.Parse(part, System.Globalization.CultureInfo.InvariantCulture)] : node[part])!;
        }

        if (node is JsonArray items)
        {
            items[int.Parse(parts[^1], System.Globalization.CultureInfo.InvariantCulture)] = JsonNode.Parse(value!);
        }
        else if (value is null)
        {
            node.AsObject().Remove(parts[^1]);
        }
        else
        {
            node[parts[^1]] = JsonNode.Parse(value);
        }
    }
}
