using System.Text.Json.Nodes;
using MuonSharp.Formats;
using MuonSharp.Nn;
using MuonSharp.Numerics;
using MuonSharp.Training.Tests.Trainers;

namespace MuonSharp.Training.Tests.Models;

/// <summary>Texts of a stored model end at the tokens that its files name.</summary>
public sealed class EndTokensTests : IDisposable
{
    private static readonly GenerationOptions s_drawing = new() { Tokens = 200, Temperature = 5, Seed = 4 };

    private readonly TemporaryFolder _folder = new();
    private readonly WorkerTeam _team = new(1);

    public void Dispose()
    {
        _team.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("[10, 65, 300, -1]", "7", new[] { 10, 65 })]
    [InlineData("65", null, new[] { 65 })]
    [InlineData(null, "[66, 65]", new[] { 66, 65 })]
    [InlineData("null", "67", new[] { 67 })]
    [InlineData(null, "50256", new int[0])]
    [InlineData(null, null, new int[0])]
    public void A_text_ends_where_the_files_say(string? generation, string? config, int[] expected)
    {
        string folder = Store(generation, config);
        using TextGenerator generator = TextGenerator.FromModel(folder, threads: 1);
        string endless = string.Concat(generator.Generate("a", s_drawing with { EndOfText = [] })), ended = string.Concat(generator.Generate("a", s_drawing));
        Assert.Contains('A', endless);
        int place = endless.IndexOfAny([.. expected.Select(token => (char)token)]);
        Assert.Equal(place < 0 ? endless : endless[..place], ended);

        // What is written again in either form says the same.
        string again = _folder.File("again"), file = _folder.File("again.gguf");
        ModelExport.Convert(folder, again);
        ModelExport.ConvertToGguf(folder, file);
        Assert.Equal(expected.Length > 0, File.Exists(Path.Combine(again, "generation_config.json")));
        JsonNode? written = JsonNode.Parse(File.ReadAllText(Path.Combine(again, "config.json")))!["eos_token_id"];
        Assert.Equal(expected, written switch { null => [], JsonArray list => [.. list.Select(token => (int)token!)], _ => [(int)written] });
        using GgufFile gguf = GgufFile.Open(file);
        Assert.Equal(expected.Length > 0, gguf.Metadata.Has("tokenizer.ggml.eos_token_id"));
        if (expected.Length > 0) Assert.Equal(expected[0], gguf.Metadata.Whole("tokenizer.ggml.eos_token_id"));
        if (expected.Length > 1) Assert.Equal(expected[1], gguf.Metadata.Whole("tokenizer.ggml.eot_token_id"));
        foreach (string other in new[] { again, file })
        {
            using TextGenerator same = TextGenerator.FromModel(other, threads: 1);
            Assert.Equal(ended, string.Concat(same.Generate("a", s_drawing)));
        }
    }

    [Fact]
    public async Task A_run_that_begins_with_a_model_keeps_them()
    {
        string folder = Store("[10, 65]", null), run = _folder.File("run");
        TrainingConfig config = new TrainingConfigBuilder().UseDefaults().Set("data.file", _folder.Write("text.txt", new string('b', 400))).Set("train.from", folder).Set("train.steps", "1").Set("train.batch", "1")
            .Set("train.threads", "1").Set("sample.every", "-1").Set("evaluate.every", "-1").Build();
        using (Trainer trainer = Trainer.Create(config, run)) await TestRun.Run(trainer);
        Directory.Delete(folder, recursive: true);
        Assert.Equal("10,65", new RunFolder(run).ReadConfig().Model.EndOfText);
        using TextGenerator generator = TextGenerator.FromRun(run, threads: 1);
        string endless = string.Concat(generator.Generate("a", s_drawing with { EndOfText = [] }));
        Assert.Equal(endless[..endless.IndexOfAny(['\n', 'A'])], string.Concat(generator.Generate("a", s_drawing)));
    }

    [Theory]
    [InlineData("\"2\"", "eos_token_id must be a whole number")]
    [InlineData("[2, true]", "must be a whole number")]
    [InlineData("{}", "must be a whole number")]
    [InlineData("1.5", "must be a whole number")]
    public void What_is_no_token_is_said_in_one_line(string value, string problem)
    {
        string folder = Store(value, null);
        string message = Assert.Throws<InvalidFileException>(() => TextGenerator.FromModel(folder, threads: 1)).Message;
        Assert.Contains(problem, message, StringComparison.Ordinal);
        Assert.Contains("generation_config.json", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void The_key_takes_numbers_alone() => Assert.Contains(
        "model.endOfText must be whole numbers of 0 or more with commas between, or null; '2,-1' came",
        Assert.Throws<ConfigurationException>(() => new TrainingConfigBuilder().UseDefaults().Set("model.endOfText", "2,-1").Build()).Message, StringComparison.Ordinal);

    /// <summary>The numbers are tiktoken's: <c>encode_ordinary</c> and <c>encode</c> with all special tokens allowed.</summary>
    [Fact]
    public void Names_of_special_tokens_in_a_prompt_stand_for_them_unless_it_is_plain()
    {
        Assert.Equal([50256, 64], TextPieces.Prompt(Gpt2Vocabulary.Tokenizer, "<|endoftext|>a"));
        Assert.Equal([27, 91, 437, 1659, 5239, 91, 29, 64], TextPieces.Prompt(Gpt2Vocabulary.Tokenizer, "<|endoftext|>a", plain: true));
    }

    /// <summary>A model that has learnt nothing, with tokens that are bytes.</summary>
    private string Store(string? generation, string? config)
    {
        string folder = _folder.File("model");
        LanguageModelConfig sizes = new()
        {
            Vocabulary = 256,
            Layers = 1,
            Heads = 2,
            Width = 16,
            HiddenWidth = 32,
            Context = 32,
            Family = ModelFamilies.Llama,
            Normalization = Normalization.RmsNorm,
            Gated = true,
            Activation = Activation.Silu,
        };
        using (LanguageModel model = new(sizes, 5, _team)) ModelExport.ToHuggingFace(model, new ByteTokenizer(), folder);
        string path = Path.Combine(folder, "config.json");
        JsonNode json = JsonNode.Parse(File.ReadAllText(path))!;
        json["eos_token_id"] = config is null ? null : JsonNode.Parse(config);
        File.WriteAllText(path, json.ToJsonString());
        if (generation is not null) File.WriteAllText(Path.Combine(folder, "generation_config.json"), $$"""{"eos_token_id": {{generation}}, "temperature": 0.6}""");
        return folder;
    }
}
