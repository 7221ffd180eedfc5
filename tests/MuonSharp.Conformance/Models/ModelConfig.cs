using System.Text.Json.Nodes;
using MuonSharp.Nn;

namespace MuonSharp.Conformance.Models;

/// <summary>Reads a Hugging Face <c>config.json</c> of the families that the build has; whatever it cannot compute makes the case fail.</summary>
internal static class ModelConfig
{
    public static LanguageModelConfig Read(string path)
    {
        JsonObject config = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        string family = (string?)config["model_type"] ?? "none";
        return family switch
        {
            "gpt2" => Gpt2(config),
            "llama" or "qwen3" => Llama(config, family == "qwen3"),
            _ => throw new NotSupportedException($"[conformance] {path}: the families are gpt2, llama and qwen3; '{family}' came"),
        };
    }

    private static LanguageModelConfig Gpt2(JsonObject config)
    {
        Need("activation_function", (string?)config["activation_function"], "gelu_new");
        return new LanguageModelConfig
        {
            Vocabulary = (int)config["vocab_size"]!,
            Layers = (int)config["n_layer"]!,
            Heads = (int)config["n_head"]!,
            Width = (int)config["n_embd"]!,
            HiddenWidth = (int?)config["n_inner"],
            Context = (int)config["n_positions"]!,
            Activation = Activation.GeluTanh,
            TiedHead = (bool?)config["tie_word_embeddings"] ?? true,
            Biases = true,
            NormalizationEpsilon = (double)config["layer_norm_epsilon"]!,
        };
    }

    private static LanguageModelConfig Llama(JsonObject config, bool queryKeyNorm)
    {
        JsonNode? rotation = config["rope_parameters"] ?? config["rope_scaling"];
        Need("rope_type", (string?)(rotation?["rope_type"] ?? rotation?["type"]) ?? "default", "default");
        Need("hidden_act", (string?)config["hidden_act"], "silu");
        Need("mlp_bias", (bool?)config["mlp_bias"] ?? false, false);
        bool window = (bool?)config["use_sliding_window"] ?? false;
        (int layers, int firstWithWindow) = ((int)config["num_hidden_layers"]!, (int?)config["max_window_layers"] ?? 0);
        return new LanguageModelConfig
        {
            Vocabulary = (int)config["vocab_size"]!,
            Layers = layers,
            Heads = (int)config["num_attention_heads"]!,
            KeyValueHeads = (int?)config["num_key_value_heads"],
            Width = (int)config["hidden_size"]!,
            HeadWidth = (int?)config["head_dim"],
            HiddenWidth = (int)config["intermediate_size"]!,
            Context = (int)config["max_position_embeddings"]!,
            Normalization = Normalization.RmsNorm,
            Activation = Activation.Silu,
            Gated = true,
            Family = ModelFamilies.Llama,
            TiedHead = (bool?)config["tie_word_embeddings"] ?? false,
            Biases = (bool?)config["attention_bias"] ?? false,
            QueryKeyNorm = queryKeyNorm,
            WindowsByLayer = [.. Enumerable.Range(0, layers).Select(layer => window && layer >= firstWithWindow ? (int?)config["sliding_window"] : null)],
            RotaryBase = (double?)(config["rope_parameters"]?["rope_theta"] ?? config["rope_theta"]) ?? 10000,
            NormalizationEpsilon = (double)config["rms_norm_eps"]!,
        };
    }

    private static void Need<T>(string key, T actual, T possible)
    {
        if (!EqualityComparer<T>.Default.Equals(actual, possible))
        {
            throw new NotSupportedException($"[conformance] this build computes models with '{key}' = {possible}; {actual} came");
        }
    }
}
