using System.Text.Json.Nodes;
using MuonSharp.Formats;
using MuonSharp.Training.Tests.Tokenizers.Reference;

namespace MuonSharp.Training.Tests.Tokenizers;

/// <summary>Whether texts begin and end with a token is said by a tokenizer's template, else by the <c>tokenizer_config.json</c> beside it, as transformers' <c>LlamaTokenizerFast</c> reads it.</summary>
public sealed class TokenizerConfigTests
{
    // Tokens of "Hello world!" by Hugging Face's tokenizers, from tests/golden: 0 is <|endoftext|>, 600 to 602 are Qwen's.
    private static readonly int[] s_byteLevel = [40, 69, 284, 79, 261, 293, 320, 1];

    [Theory]
    [InlineData("""{"tokenizer_class": "LlamaTokenizerFast", "add_bos_token": true, "add_eos_token": false, "bos_token": {"__type": "AddedToken", "content": "<|endoftext|>", "lstrip": false}}""", true, false)]
    [InlineData("""{"tokenizer_class": "GemmaTokenizer", "add_bos_token": true, "add_eos_token": true, "bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>"}""", true, true)]
    [InlineData("""{"add_eos_token": true, "eos_token": "<|endoftext|>"}""", false, true)]
    [InlineData("""{"tokenizer_class": "LlamaTokenizer", "add_bos_token": false, "add_eos_token": null, "bos_token": "<|endoftext|>"}""", false, false)]
    [InlineData("""{"tokenizer_class": "LlamaTokenizer", "bos_token": "<|endoftext|>"}""", false, false)]
    [InlineData("""{"tokenizer_class": "PreTrainedTokenizerFast", "add_bos_token": true, "bos_token": "<|endoftext|>"}""", false, false)]
    [InlineData("""{"tokenizer_class": "Qwen2Tokenizer", "add_bos_token": true, "bos_token": null}""", false, false)]
    public void A_text_has_the_tokens_around_it_that_the_file_beside_the_tokenizer_asks_for(string config, bool begins, bool ends)
    {
        using TemporaryFolder folder = new();
        string path = Copy("byte-level", folder, config);
        int[] expected = [.. begins ? [0] : Array.Empty<int>(), .. s_byteLevel, .. ends ? [0] : Array.Empty<int>()];
        ITokenizer tokenizer = TokenizerFile.Load(path);
        Assert.Equal(expected, Around(tokenizer, "Hello world!"));
        Assert.Equal(begins ? 0 : null, tokenizer.SpecialTokens.Begin);

        // A run keeps it, where there is no such file any more; and so does the same folder by its name.
        Assert.Equal(expected, Around(TokenizerFile.Parse(TokenizerFile.ToBytes(tokenizer), "kept"), "Hello world!"));
        Assert.Equal(expected, Around(TokenizerKinds.Open(folder.Path), "Hello world!"));
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void The_tokens_are_those_of_Hugging_Face_with_the_template_that_transformers_makes(bool begins, bool ends)
    {
        using TemporaryFolder folder = new(), templated = new();
        string path = Copy("qwen-split", folder, $$"""
            {"tokenizer_class": "LlamaTokenizerFast", "add_bos_token": {{(begins ? "true" : "false")}}, "add_eos_token": {{(ends ? "true" : "false")}}, "bos_token": "<|im_start|>", "eos_token": "<|im_end|>"}
            """);

        // LlamaTokenizerFast.update_post_processor: f"{(bos + ':0 ') if add_bos_token else ''}$A:0{(' ' + eos + ':0') if add_eos_token else ''}".
        JsonObject json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        JsonObject Special(string name) => new() { ["SpecialToken"] = new JsonObject { ["id"] = name, ["type_id"] = 0 } };
        JsonObject Known(string name, int id) => new() { ["id"] = name, ["ids"] = new JsonArray(id), ["tokens"] = new JsonArray(name) };
        JsonArray single = [];
        if (begins) single.Add((JsonNode)Special("<|im_start|>"));
        single.Add((JsonNode)new JsonObject { ["Sequence"] = new JsonObject { ["id"] = "A", ["type_id"] = 0 } });
        if (ends) single.Add((JsonNode)Special("<|im_end|>"));
        json["post_processor"] = new JsonObject
        {
            ["type"] = "TemplateProcessing",
            ["single"] = single,
            ["pair"] = new JsonArray(new JsonObject { ["Sequence"] = new JsonObject { ["id"] = "A", ["type_id"] = 0 } }, new JsonObject { ["Sequence"] = new JsonObject { ["id"] = "B", ["type_id"] = 1 } }),
            ["special_tokens"] = new JsonObject { ["<|im_start|>"] = Known("<|im_start|>", 601), ["<|im_end|>"] = Known("<|im_end|>", 602) },
        };
        string[] texts = RandomTexts.Make(100, seed: 21);
        int[][] expected = NodeReference.Tokens(
            "tokenizers", new() { ["what"] = "huggingface", ["file"] = templated.Write("tokenizer.json", json.ToJsonString()), ["special"] = true }, texts);
        ITokenizer tokenizer = TokenizerFile.Load(path);
        Assert.All(texts.Zip(expected), pair => Assert.Equal(pair.Second, Around(tokenizer, pair.First)));
    }

    [Fact]
    public void A_template_of_the_tokenizer_counts_and_not_the_file_beside_it()
    {
        using TemporaryFolder folder = new();
        string path = Copy("llama-byte-fallback", folder, """{"tokenizer_class": "LlamaTokenizerFast", "add_bos_token": false, "add_eos_token": true, "bos_token": "<s>", "eos_token": "</s>"}""");
        SpecialTokens special = TokenizerFile.Load(path).SpecialTokens;
        Assert.Equal([1], special.Before);
        Assert.Empty(special.Behind);
    }

    [Theory]
    [InlineData("""{"add_bos_token": true}""", "bos_token must be text; it is missing")]
    [InlineData("""{"add_bos_token": true, "bos_token": "<s>"}""", "bos_token must be a token of tokenizer.json, since add_bos_token is true; \"<s>\" came")]
    [InlineData("""{"add_eos_token": "yes"}""", "add_eos_token must be true or false")]
    [InlineData("{", "it must be JSON")]
    public void What_cannot_be_is_refused_by_its_key(string config, string problem)
    {
        using TemporaryFolder folder = new();
        string path = Copy("byte-level", folder, config);
        string message = Assert.Throws<InvalidFileException>(() => TokenizerFile.Load(path)).Message;
        Assert.Contains($"{TokenizerConfigFile.Name}: {problem}", message, StringComparison.Ordinal);
    }

    private static int[] Around(ITokenizer tokenizer, string text) => [.. tokenizer.SpecialTokens.Before, .. tokenizer.EncodeMarked(text), .. tokenizer.SpecialTokens.Behind];

    private static string Copy(string family, TemporaryFolder folder, string config)
    {
        folder.Write(TokenizerConfigFile.Name, config);
        return folder.Write("tokenizer.json", File.ReadAllText(Path.Combine(NodeReference.Root(), "tests", "golden", "tokenizers", family, "tokenizer.json")));
    }
}
