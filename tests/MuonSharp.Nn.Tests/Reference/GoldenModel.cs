using System.Text.Json.Nodes;

namespace MuonSharp.Nn.Tests.Reference;

/// <summary>A small model with logits, loss and gradients that Hugging Face transformers computed: tests/golden/models, and of families that the library does not have Golden beside these tests.</summary>
internal sealed class GoldenModel
{
    public static readonly string[] Names = ["gpt2", "llama-gqa", "llama-legacy-config", "qwen3", "qwen3-window"];

    public GoldenModel(string name)
    {
        string folder = FolderOf(name);
        JsonObject config = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))!.AsObject();
        JsonNode tolerance = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "case.json")))!["tolerance"]!;
        (LogitsTolerance, LossTolerance, GradientTolerance) = ((double)tolerance["logits"]!, (double)tolerance["loss"]!, (double)tolerance["gradient"]!);
        Shape = ShapeOf(config);
        Context = (int)(config["n_positions"] ?? config["max_position_embeddings"])!;
        Weights = StoredTensors.Read(Path.Combine(folder, "model.safetensors")).Reals;
        (Expected, Dictionary<string, int[]> tokens) = StoredTensors.Read(Path.Combine(folder, "golden.safetensors"));
        Inputs = tokens["input_ids"];
        // The loss of position t - 1 is against the label at t; the last position of a sequence has none.
        int[] labels = tokens["labels"];
        Time = TimeOf(Path.Combine(folder, "golden.safetensors"));
        Batch = Inputs.Length / Time;
        Targets = new int[Inputs.Length];
        for (int i = 0; i < Targets.Length; i++) Targets[i] = i % Time == Time - 1 || labels[i + 1] < 0 ? -1 : labels[i + 1];
    }

    public ReferenceShape Shape { get; }

    public int Context { get; }

    public int Batch { get; }

    public int Time { get; }

    public int[] Inputs { get; }

    public int[] Targets { get; }

    public Dictionary<string, double[]> Weights { get; }

    /// <summary>"logits", "loss" and "gradient/[name]".</summary>
    public Dictionary<string, double[]> Expected { get; }

    public double LogitsTolerance { get; }

    public double LossTolerance { get; }

    public double GradientTolerance { get; }

    private static ReferenceShape ShapeOf(JsonObject config)
    {
        bool gpt2 = (string)config["model_type"]! == "gpt2";
        int heads = (int)(config["n_head"] ?? config["num_attention_heads"])!;
        int width = (int)(config["n_embd"] ?? config["hidden_size"])!;
        int layers = (int)(config["n_layer"] ?? config["num_hidden_layers"])!, firstWithWindow = (int?)config["max_window_layers"] ?? 0;
        int? window = (bool?)config["use_sliding_window"] ?? false ? (int)config["sliding_window"]! : null;
        return new ReferenceShape
        {
            Gpt2 = gpt2,
            LayerNorm = gpt2,
            QueryKeyNorm = (string)config["model_type"]! == "qwen3",
            Vocabulary = (int)config["vocab_size"]!,
            Layers = layers,
            Heads = heads,
            Groups = (int?)config["num_key_value_heads"] ?? heads,
            Width = width,
            Hidden = (int?)(config["intermediate_size"] ?? config["n_inner"]) ?? (4 * width),
            HeadWidthOverride = (int?)config["head_dim"],
            Activation = gpt2 ? "gelu-tanh" : "silu",
            Gated = !gpt2,
            Tied = (bool?)config["tie_word_embeddings"] ?? false,
            Biases = gpt2 || ((bool?)config["attention_bias"] ?? false),
            WindowsByLayer = [.. Enumerable.Range(0, layers).Select(layer => layer < firstWithWindow ? null : window)],
            Epsilon = (double)(config["layer_norm_epsilon"] ?? config["rms_norm_eps"])!,
            Theta = (double?)(config["rope_parameters"]?["rope_theta"] ?? config["rope_theta"]) ?? 10000,
        };
    }

    private static int TimeOf(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        int header = (int)BitConverter.ToInt64(bytes);
        return (int)JsonNode.Parse(bytes.AsSpan(8, header))!["input_ids"]!["shape"]![1]!;
    }

    private static string FolderOf(string name)
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            string tests = Path.Combine(at.FullName, "tests");
            string? folder = new[] { Path.Combine(tests, "golden", "models", name), Path.Combine(tests, "MuonSharp.Nn.Tests", "Golden", name) }.FirstOrDefault(Directory.Exists);
            if (folder is not null) return folder;
        }

        throw new InvalidOperationException($"[golden] a golden model is a folder of tests/golden/models; '{name}' was not found");
    }
}
