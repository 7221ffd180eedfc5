using System.Text.Json.Nodes;
using MuonSharp.Formats;
using MuonSharp.Nn;

namespace MuonSharp.LlamaCpp;

/// <summary>Golden models, written as GGUF: llama.cpp gives the logits and the greedy tokens of transformers.</summary>
public sealed class GoldenModelTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("muonsharp-gguf-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("gpt2", 1e-2)]
    [InlineData("llama-gqa", 1e-4)]
    [InlineData("llama-legacy-config", 1e-4)]
    [InlineData("llama-tied-llama3-rope", 1e-4)]
    [InlineData("qwen3", 1e-4)]
    [InlineData("qwen3-sharded", 1e-4)]
    [InlineData("deepseek-v3-dense", 1e-4)]
    [InlineData("deepseek-v3-moe-yarn", 1e-4)]
    public void Llama_cpp_computes_what_transformers_computed(string name, double tolerance)
    {
        string golden = Golden(name), path = Path.Combine(_folder, "model.gguf");
        using (LanguageModel model = ModelDirectory.Load(golden)) GgufModel.Write(path, model, GgufElement.F32, NoTokenizer(), name);
        (int[] inputs, int time, float[] logits, int vocabulary) = Expected(golden);
        using LlamaCppModel client = new(path, time + 32);
        for (int sequence = 0; sequence < inputs.Length / time; sequence++)
        {
            float[][] actual = client.Logits(inputs.AsSpan(sequence * time, time));
            for (int position = 0; position < time; position++)
            {
                ReadOnlySpan<float> expected = logits.AsSpan(((sequence * time) + position) * vocabulary, vocabulary);
                for (int i = 0; i < vocabulary; i++) Assert.Equal(expected[i], actual[position][i], tolerance);
            }
        }

        JsonNode greedy = JsonNode.Parse(File.ReadAllText(Path.Combine(golden, "case.json")))!["greedy"]!;
        int[] continuation = Whole(greedy["continuation"]!);
        Assert.Equal(continuation, client.Greedy(Whole(greedy["prompt"]!), continuation.Length));
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama-gqa")]
    [InlineData("qwen3")]
    [InlineData("deepseek-v3-dense")]
    [InlineData("deepseek-v3-moe-yarn")]
    [InlineData("llama-tied-llama3-rope")]
    public void What_is_written_is_read_again(string name)
    {
        string path = Path.Combine(_folder, "model.gguf");
        using LanguageModel model = ModelDirectory.Load(Golden(name));
        GgufModel.Write(path, model, GgufElement.F32, NoTokenizer(), name);
        using GgufFile file = GgufFile.Open(path);
        using LanguageModel read = GgufModel.Load(file);
        Assert.Equal(model.Config with { WindowsByLayer = null, KeyValueHeads = null }, read.Config with { HeadWidth = model.Config.HeadWidth, HiddenWidth = model.Config.HiddenWidth, KeyValueHeads = null, InitialDeviation = model.Config.InitialDeviation });
        Assert.All(model.Parameters.Parameters, parameter => Assert.Equal(parameter.Weights.Span, read.Parameters[parameter.Name].Weights.Span));
    }

    [Theory]
    [InlineData("qwen3-window", "no sliding window")]
    [InlineData("deepseek-v3-no-q-lora", "needs a query rank")]
    public void What_llama_cpp_would_compute_otherwise_is_refused(string name, string problem)
    {
        using LanguageModel model = ModelDirectory.Load(Golden(name));
        Assert.Contains(GgufModel.Obstacles(model.Config), obstacle => obstacle.Contains(problem, StringComparison.Ordinal));
        ArgumentException refused = Assert.Throws<ArgumentException>(() => GgufModel.Write(Path.Combine(_folder, "model.gguf"), model, GgufElement.F32, NoTokenizer(), name));
        Assert.Contains(problem, refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    /// <summary>No token has a text: enough for logits.</summary>
    private static GgufMetadata NoTokenizer()
    {
        GgufMetadata metadata = new();
        metadata.Add("tokenizer.ggml.model", "no_vocab");
        return metadata;
    }

    private static (int[] Inputs, int Time, float[] Logits, int Vocabulary) Expected(string golden)
    {
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(golden, "golden.safetensors"));
        TensorEntry inputs = file.Get("input_ids"), logits = file.Get("logits");
        long[] tokens = new long[inputs.Count];
        file.ReadIntegers("input_ids", tokens);
        float[] rows = new float[logits.Count];
        file.ReadFloats("logits", rows);
        return ([.. tokens.Select(token => (int)token)], (int)inputs.Shape[1], rows, (int)logits.Shape[2]);
    }

    private static int[] Whole(JsonNode list) => [.. list.AsArray().Select(number => (int)number!)];

    internal static string Golden(string name)
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "MuonSharp.slnx"))) folder = folder.Parent;
        return Path.Combine(folder!.FullName, "tests", "golden", "models", name);
    }
}
