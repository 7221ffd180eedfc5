using System.Text.Json.Nodes;
using MuonSharp.Formats;

namespace MuonSharp.Nn.Tests.Models.Storage;

/// <summary>What families read of a <c>config.json</c> and write into one: transformers' own files are the judge.</summary>
public sealed class StoredFamiliesTests
{
    /// <summary>Keys that say nothing of the model, or say it in the spelling of one of several versions.</summary>
    private static readonly string[] s_aside =
    [
        "transformers_version", "bos_token_id", "eos_token_id", "pad_token_id", "dtype", "pretraining_tp", "torch_dtype", "rope_theta", "rope_scaling", "rope_parameters", "n_inner", "max_window_layers",
        "reorder_and_upcast_attn", "scale_attn_by_inverse_layer_idx", "scale_attn_weights", "add_cross_attention", "layer_types", "num_nextn_predict_layers", "output_router_logits",
    ];

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama-gqa")]
    [InlineData("llama-legacy-config")]
    [InlineData("llama-tied-llama3-rope")]
    [InlineData("qwen3")]
    [InlineData("qwen3-sharded")]
    [InlineData("qwen3-window")]
    [InlineData("deepseek-v3-moe-yarn")]
    public void What_is_written_says_what_the_file_of_transformers_says(string name)
    {
        string path = Path.Combine(Folder.Golden(name), "config.json");
        JsonObject expected = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        LanguageModelConfig config = ModelDirectory.ReadConfig(StoredSettings.Read(path));
        JsonObject written = config.Family.Write(config);
        foreach ((string key, JsonNode? value) in expected)
        {
            if (s_aside.Contains(key) || key.StartsWith("summary", StringComparison.Ordinal)) continue;
            Assert.True(Same(value, written[key]), $"{key}: {value} expected, {written[key]} written");
        }

        Assert.True(Same(expected["layer_types"] ?? written["layer_types"], written["layer_types"]));
        JsonNode? rotary = expected["rope_parameters"];
        if (rotary is not null) Assert.All(rotary.AsObject(), pair => Assert.True(Same(pair.Value, written["rope_parameters"]![pair.Key]), pair.Key));
    }

    /// <summary>The rule of transformers from before <c>layer_types</c>: the layers from <c>max_window_layers</c> on have the window.</summary>
    [Theory]
    [InlineData(0, 5, 5)]
    [InlineData(1, null, 5)]
    [InlineData(2, null, null)]
    public void Windows_without_a_list_begin_at_a_layer(int first, int? window0, int? window1)
    {
        using Folder folder = new Folder().With("qwen3-window");
        JsonObject json = JsonNode.Parse(File.ReadAllText(folder.At("config.json")))!.AsObject();
        json.Remove("layer_types");
        json["max_window_layers"] = first;
        File.WriteAllText(folder.At("config.json"), json.ToJsonString());
        LanguageModelConfig config = ModelDirectory.ReadConfig(folder.Path);
        Assert.Equal([window0, window1], new[] { config.WindowOf(0), config.WindowOf(1) });
    }

    public static TheoryData<string> Written() => [.. s_models.Keys];

    [Theory]
    [MemberData(nameof(Written))]
    public void What_is_written_reads_as_the_same_model(string name)
    {
        LanguageModelConfig config = s_models[name];
        ModelFamily family = config.Family.StoredAs(config);
        Assert.Empty(family.Obstacles(config));
        LanguageModelConfig read = ModelDirectory.ReadConfig(StoredSettings.Parse(IndentedJson.ToBytes(family.Write(config)), "config.json"));
        Assert.Equal(family, read.Family);
        Assert.Equal(
            config with { Family = family, KeyValueHeads = config.EffectiveKeyValueHeads, HeadWidth = config.EffectiveHeadWidth, HiddenWidth = config.EffectiveHiddenWidth, NormalizationEpsilon = null, WindowsByLayer = null, Window = null },
            read with { KeyValueHeads = read.EffectiveKeyValueHeads, HeadWidth = read.EffectiveHeadWidth, NormalizationEpsilon = null, WindowsByLayer = null, Window = null });
        Assert.Equal(config.EffectiveEpsilon, read.EffectiveEpsilon);
        Assert.All(Enumerable.Range(0, config.Layers), layer => Assert.Equal(config.WindowOf(layer), read.WindowOf(layer)));
    }

    [Theory]
    [InlineData("gpt2", "\"scale_attn_by_inverse_layer_idx\": false", "\"scale_attn_by_inverse_layer_idx\": true", "scale_attn_by_inverse_layer_idx must be false")]
    [InlineData("gpt2", "\"gelu_new\"", "\"quick_gelu\"", "activation_function must be one of gelu_new")]
    [InlineData("gpt2", "\"n_head\": 4", "\"n_head\": 5", "width must be a multiple of heads")]
    [InlineData("llama-gqa", "\"model_type\": \"llama\"", "\"model_type\": \"gemma3\"", "model_type must be one of the families that can be computed here, gpt2, llama")]
    [InlineData("llama-gqa", "\"mlp_bias\": false", "\"mlp_bias\": false, \"attention_chunk_size\": 8192", "'attention_chunk_size' = 8192 is not")]
    [InlineData("llama-gqa", "\"mlp_bias\": false", "\"quantization_config\": {\"bits\": 4}", "'quantization_config'")]
    [InlineData("llama-gqa", "\"rope_type\": \"default\"", "\"rope_type\": \"longrope\"", "rope_parameters.rope_type must be one of default, linear, llama3, yarn")]
    [InlineData("llama-gqa", "\"rope_type\": \"default\"", "\"rope_type\": \"linear\", \"factor\": 2, \"long_factor\": 4", "long_factor")]
    [InlineData("llama-gqa", "\"hidden_size\": 64", "\"hidden_size\": 0", "hidden_size must be a whole number above 0")]
    [InlineData("llama-gqa", "\"num_key_value_heads\": 2", "\"num_key_value_heads\": 3", "keyValueHeads must divide heads")]
    [InlineData("deepseek-v3-moe-yarn", "\"n_group\": 2", "\"n_group\": 3", "groups must divide at most 4096 experts")]
    [InlineData("deepseek-v3-moe-yarn", "\"n_group\": 2", "\"n_group\": 2, \"scoring_func\": \"softmax\"", "scoring_func must be sigmoid")]
    [InlineData("deepseek-v3-moe-yarn", "\"n_group\": 2", "\"n_group\": 2, \"topk_method\": \"greedy\"", "topk_method must be noaux_tc")]
    [InlineData("deepseek-v3-moe-yarn", "\"n_group\": 2", "\"n_group\": 2, \"moe_layer_freq\": 2", "moe_layer_freq must be 1")]
    [InlineData("qwen3-window", "\"sliding_attention\"", "\"chunked_attention\"", "layer_types[1] must be one of full_attention, sliding_attention")]
    public void What_cannot_be_computed_is_refused_by_name(string golden, string old, string now, string problem)
    {
        using Folder folder = new Folder().With(golden);
        folder.Replace("config.json", old, now);
        InvalidFileException refused = Assert.Throws<InvalidFileException>(() => ModelDirectory.ReadConfig(folder.Path));
        Assert.Contains(problem, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    [Theory]
    [InlineData("gpt2 by RMSNorm", "gpt2 normalizes by LayerNorm")]
    [InlineData("llama with a window", "llama has no sliding window")]
    [InlineData("llama by LayerNorm", "normalizes by RMSNorm")]
    [InlineData("norms of queries without a gate", "qwen3's feed-forward blocks are gated")]
    [InlineData("gpt2 with capped logits", "gpt2 has no cap of its logits; the model's is 30")]
    [InlineData("llama with capped logits", "llama has no cap of its logits; the model's is 30")]
    [InlineData("softplus", "the model has softplus")]
    public void What_the_files_cannot_say_is_refused_by_name(string name, string problem)
    {
        LanguageModelConfig llama = TinyModels.Llama with { QueryKeyNorm = false, Window = null };
        LanguageModelConfig config = name switch
        {
            "gpt2 by RMSNorm" => TinyModels.Gpt2 with { Normalization = Normalization.RmsNorm },
            "llama with a window" => llama with { Window = 5 },
            "llama by LayerNorm" => llama with { Normalization = Normalization.LayerNorm },
            "norms of queries without a gate" => llama with { QueryKeyNorm = true, Gated = false },
            "gpt2 with capped logits" => TinyModels.Gpt2 with { LogitCap = 30 },
            "llama with capped logits" => llama with { Gated = true, Activation = Activation.Silu, LogitCap = 30 },
            _ => llama with { Activation = Activation.Softplus },
        };
        using LanguageModel model = new(config, 1);
        using Folder folder = new();
        ArgumentException refused = Assert.Throws<ArgumentException>(() => ModelDirectory.Write(folder.Path, model));
        Assert.Contains(problem, refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    private static readonly Dictionary<string, LanguageModelConfig> s_models = new(StringComparer.Ordinal)
    {
        ["gpt2"] = TinyModels.Gpt2,
        ["gpt2, another head and width inside"] = TinyModels.Gpt2 with { TiedHead = false, HiddenWidth = 96, Activation = Activation.ReluSquared, InitialDeviation = 0.05, NormalizationEpsilon = 1e-6 },
        ["deepseek_v3 with experts"] = TinyModels.DeepSeek,
        ["deepseek_v3 without, no query rank"] = TinyModels.DeepSeek with { Experts = null, Latent = TinyModels.DeepSeek.Latent! with { QueryRank = null, Interleaved = false } },
        ["qwen3, one window"] = TinyModels.Llama,
        ["qwen3, windows by layer"] = TinyModels.Llama with { Window = null, WindowsByLayer = [5, null] },
        ["llama, biases, yarn"] = TinyModels.Llama with
        {
            QueryKeyNorm = false,
            Window = null,
            Biases = true,
            FeedForwardBiases = true,
            TiedHead = true,
            RotaryBase = 5e5,
            HeadWidth = 24,
            RotaryScaling = new YarnRotaryScaling { Factor = 4, OriginalContext = 40, FirstScale = 0.7, ScaleOfAll = 1, WholePairs = false, SlowTurns = 2 },
        },
        ["llama, a part is turned, linear"] = TinyModels.Llama with { QueryKeyNorm = false, Window = null, RotaryShare = 0.5, RotaryScaling = new LinearRotaryScaling { Factor = 2 } },
        ["arcee"] = TinyModels.Llama with { QueryKeyNorm = false, Window = null, Gated = false, Activation = Activation.ReluSquared, RotaryScaling = new Llama3RotaryScaling { Factor = 8, OriginalContext = 32 } },
    };

    private static double Number(JsonNode node) => double.Parse(node.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture);

    private static bool Same(JsonNode? one, JsonNode? other)
    {
        if (one is JsonArray list) return other is JsonArray with && with.Count == list.Count && list.Zip(with).All(pair => Same(pair.First, pair.Second));
        if (one is null || other is null) return one is null && other is null;
        return one.GetValueKind() == System.Text.Json.JsonValueKind.Number ? other.GetValueKind() == System.Text.Json.JsonValueKind.Number && Number(one) == Number(other) : JsonNode.DeepEquals(one, other);
    }
}
