using System.Text.Json.Nodes;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>The DeepSeek-V3 family: latent attention, gated feed-forward blocks, mixtures of experts behind the first layers, and names as in Hugging Face.</summary>
internal sealed class DeepSeekFamily() : ModelFamily("deepseek_v3")
{
    /// <summary>What follows from other keys.</summary>
    private static readonly string[] s_derived = ["head_dim", "qk_head_dim"];

    public override IEnumerable<string> Problems(LanguageModelConfig config)
    {
        if (config.Latent is not { } latent)
        {
            yield return "family deepseek_v3 has latent attention; latent is not set";
            yield break;
        }

        if (config.EffectiveKeyValueHeads != config.Heads || config.QueryKeyNorm)
        {
            yield return $"latent attention has a key and a value for each head, and no norms of them; {config.Heads} heads, {config.KeyValueHeads} key-value heads, queryKeyNorm {config.QueryKeyNorm}";
        }

        if (latent.RotaryWidth % 2 != 0 || config.RotaryShare < 1)
        {
            yield return $"latent attention turns all of an even rotaryWidth; {latent.RotaryWidth}, share {config.RotaryShare}";
        }

        if (config.FeedForwardBiases)
        {
            yield return "family deepseek_v3 has no biases in its feed-forward blocks; feedForwardBiases is true";
        }

        long[] sides =
        [
            (long)config.Heads * (config.EffectiveHeadWidth + latent.RotaryWidth), (long)config.Heads * (config.EffectiveHeadWidth + latent.ValueWidth), config.EffectiveHiddenWidth, config.Vocabulary,
        ];
        if (sides.Max() > int.MaxValue / Math.Max(1, Math.Max(config.Width, Math.Max(latent.KeyValueRank, latent.QueryRank ?? 0))))
        {
            yield return $"a matrix must have fewer than 2^31 weights; width {config.Width}, ranks {latent.QueryRank} and {latent.KeyValueRank} times {sides.Max()}";
        }
    }

    public override LanguageNetwork Declare(ModelBuilder builder, LanguageModelConfig config)
    {
        ModelBuilder scope = builder.Scope("model");
        Initializer initializer = Initializers.Normal(config.InitialDeviation);
        Embedding tokens = new(scope, "embed_tokens", config.Vocabulary, config.Width, initializer);
        return new LanguageNetwork
        {
            Tokens = tokens,
            Dropout = config.Dropout > 0 ? new Dropout(builder, "embedding", config.Dropout) : null,
            Blocks = [.. Enumerable.Range(0, config.Layers).Select(layer => Block(scope.Scope($"layers.{layer}"), config, layer))],
            FinalNorm = Norm(scope, "norm", config),
            Head = config.TiedHead ? tokens.Weight : builder.Parameter("lm_head.weight", [config.Vocabulary, config.Width], ParameterRole.Head, initializer),
        };
    }

    public override LanguageModelConfig Read(StoredSettings settings)
    {
        int rotary = settings["qk_rope_head_dim"].Integer(1), plain = settings["qk_nope_head_dim"].Integer(1);
        int layers = settings["num_hidden_layers"].Integer(1);
        foreach (string known in s_derived)
        {
            settings.Find(known);
        }

        LanguageModelConfig config = StoredRotary.Read(settings, new LanguageModelConfig
        {
            Family = this,
            Vocabulary = settings["vocab_size"].Integer(1),
            Layers = layers,
            Heads = settings["num_attention_heads"].Integer(1),
            KeyValueHeads = settings.Find("num_key_value_heads")?.Integer(1),
            Width = settings["hidden_size"].Integer(1),
            HeadWidth = plain,
            HiddenWidth = settings["intermediate_size"].Integer(1),
            Context = settings["max_position_embeddings"].Integer(1),
            Normalization = Normalization.RmsNorm,
            NormalizationEpsilon = settings.Find("rms_norm_eps")?.Positive(1) ?? 1e-6,
            Activation = StoredActivations.Read(settings["hidden_act"], otherwise: "silu"),
            Gated = true,
            TiedHead = settings.Flag("tie_word_embeddings"),
            Biases = settings.Flag("attention_bias"),
            InitialDeviation = settings.Find("initializer_range")?.Number(0, 1) ?? 0.02,
            Latent = new LatentAttentionSizes
            {
                QueryRank = settings.Find("q_lora_rank")?.Integer(1),
                KeyValueRank = settings["kv_lora_rank"].Integer(1),
                RotaryWidth = rotary,
                ValueWidth = settings["v_head_dim"].Integer(1),
                Interleaved = settings.Flag("rope_interleave", otherwise: true),
            },
            Experts = StoredExperts.Read(settings, layers),
        });
        settings.RefuseRest();
        return config;
    }

    public override IEnumerable<string> Obstacles(LanguageModelConfig config) =>
    [
        .. StoredActivations.Obstacles(config.Activation),
        .. StoredRotary.Obstacles(config),
        .. config.Normalization == Normalization.RmsNorm && config.Gated ? Array.Empty<string>() : ["deepseek_v3 normalizes by RMSNorm, and its feed-forward blocks are gated"],
        .. Enumerable.Range(0, config.Layers).All(layer => config.WindowOf(layer) is null) ? Array.Empty<string>() : ["deepseek_v3 has no sliding window"],
    ];

    public override JsonObject Write(LanguageModelConfig config)
    {
        LatentAttentionSizes latent = config.Latent!;
        JsonObject json = new()
        {
            ["architectures"] = new JsonArray("DeepseekV3ForCausalLM"),
            ["model_type"] = Name,
            ["vocab_size"] = config.Vocabulary,
            ["hidden_size"] = config.Width,
            ["intermediate_size"] = config.EffectiveHiddenWidth,
            ["num_hidden_layers"] = config.Layers,
            ["num_attention_heads"] = config.Heads,
            ["num_key_value_heads"] = config.Heads,
            ["q_lora_rank"] = latent.QueryRank,
            ["kv_lora_rank"] = latent.KeyValueRank,
            ["qk_nope_head_dim"] = config.EffectiveHeadWidth,
            ["qk_rope_head_dim"] = latent.RotaryWidth,
            ["qk_head_dim"] = config.EffectiveHeadWidth + latent.RotaryWidth,
            ["head_dim"] = latent.RotaryWidth,
            ["v_head_dim"] = latent.ValueWidth,
            ["rope_interleave"] = latent.Interleaved,
            ["max_position_embeddings"] = config.Context,
            ["hidden_act"] = StoredActivations.Name(config.Activation),
            ["rms_norm_eps"] = StoredNumbers.Shortest(config.EffectiveEpsilon),
            ["rope_theta"] = config.RotaryBase,
            ["rope_scaling"] = config.RotaryScaling is null ? null : StoredRotary.Write(config),
            ["rope_parameters"] = StoredRotary.Write(config),
            ["attention_bias"] = config.Biases,
            ["attention_dropout"] = 0.0,
            ["tie_word_embeddings"] = config.TiedHead,
            ["initializer_range"] = config.InitialDeviation,
            ["use_cache"] = true,
            ["torch_dtype"] = "float32",
        };
        StoredExperts.Write(config, json);
        return json;
    }

    public override TensorMap Map(LanguageModelConfig config, IReadOnlyList<Parameter> parameters, IReadOnlyList<ModelBuffer> buffers) =>
        new(TensorMap.Identity(parameters, buffers).Select(StoredExperts.Apart).Tensors)
        {
            Canonical = stored => stored.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal) ? null : stored,
            Copies = StoredCopies.OfHead(config, "model.embed_tokens.weight"),
        };

    private static TransformerBlock Block(ModelBuilder scope, LanguageModelConfig config, int layer)
    {
        LatentAttentionSizes latent = config.Latent!;
        Initializer initializer = Initializers.Normal(config.InitialDeviation);
        LatentAttentionOptions attention = new()
        {
            Width = config.Width,
            Heads = config.Heads,
            QueryRank = latent.QueryRank,
            KeyValueRank = latent.KeyValueRank,
            PlainWidth = config.EffectiveHeadWidth,
            RotaryWidth = latent.RotaryWidth,
            ValueWidth = latent.ValueWidth,
            Frequencies = config.RotaryOf(latent.RotaryWidth),
            Pairing = latent.Interleaved ? RotaryPairing.Interleaved : RotaryPairing.Halves,
            ScaleFactor = config.RotaryScaling?.LogitFactor ?? 1,
            Window = config.WindowOf(layer),
            Epsilon = config.EffectiveEpsilon,
            Bias = config.Biases,
            Dropout = config.Dropout,
            Initializer = initializer,
            OutputInitializer = IntoResidual(config),
            BiasInitializer = Initializers.Zeros,
        };
        FeedForwardOptions feedForward = FeedForward(config) with { Bias = false, GateName = "gate_proj", UpName = "up_proj", DownName = "down_proj" };
        return new TransformerBlock(
            Norm(scope, "input_layernorm", config),
            new LatentAttention(scope, "self_attn", attention),
            Norm(scope, "post_attention_layernorm", config),
            config.Experts is { } experts && layer >= experts.DenseLayers
                ? new MixtureOfExperts(scope, "mlp", experts.Layer(config.Width) with
                {
                    Activation = config.Activation,
                    Dropout = config.Dropout,
                    Initializer = initializer,
                    OutputInitializer = IntoResidual(config),
                })
                : new FeedForward(scope, "mlp", feedForward));
    }
}
