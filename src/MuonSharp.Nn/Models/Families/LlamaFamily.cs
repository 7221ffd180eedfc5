using System.Text.Json.Nodes;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>The llama family, and Arcee's, whose feed-forward blocks have no gate: rotary positions, separate projections stored [out, in], grouped key-value heads, names as in
/// Hugging Face. Its relatives differ in the attention, the feed-forward blocks, and a few settings.</summary>
/// <param name="name">As Hugging Face's <c>model_type</c> has it.</param>
/// <param name="architecture">As Hugging Face's <c>architectures</c> has it.</param>
/// <param name="gated">Whether its files have a gate in the feed-forward blocks.</param>
internal class LlamaFamily(string name, string architecture, bool gated = true) : ModelFamily(name)
{
    public override IEnumerable<string> Problems(LanguageModelConfig config)
    {
        if (!gated && (config.Gated || config.QueryKeyNorm))
        {
            yield return $"family {Name} has no gate in its feed-forward blocks, and no norms of queries and keys; gated {config.Gated}, queryKeyNorm {config.QueryKeyNorm}";
        }

        if (config.EffectiveHeadWidth % 2 != 0)
        {
            yield return $"rotary positions need an even head width; {config.EffectiveHeadWidth}";
        }

        if ((int)(config.EffectiveHeadWidth * config.RotaryShare) < 2)
        {
            yield return $"rotary positions turn at least two columns of a head; {config.RotaryShare} of {config.EffectiveHeadWidth}";
        }

        long[] sides = [(long)config.Heads * config.EffectiveHeadWidth, config.EffectiveHiddenWidth, config.Vocabulary];
        if (sides.Max() > int.MaxValue / Math.Max(1, config.Width))
        {
            yield return $"a matrix must have fewer than 2^31 weights; width {config.Width} times {sides.Max()}";
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
            Head = config.TiedHead ? tokens.Weight : builder.Parameter("lm_head.weight", [config.Vocabulary, config.Width], ParameterRole.Head, HeadOf(config)),
        };
    }

    public override LanguageModelConfig Read(StoredSettings settings)
    {
        LanguageModelConfig config = ReadOwn(settings, ReadCommon(settings));
        settings.RefuseRest();
        return config;
    }

    /// <inheritdoc/>
    public override ModelFamily StoredAs(LanguageModelConfig config) =>
        config.QueryKeyNorm ? ModelFamilies.Qwen3 : config.Gated ? ModelFamilies.Llama : ModelFamilies.Arcee;

    public override IEnumerable<string> Obstacles(LanguageModelConfig config) =>
    [
        .. StoredActivations.Obstacles(config.Activation),
        .. StoredRotary.Obstacles(config),
        .. StoredHead.Obstacles(this, config),
        .. config.Normalization == Normalization.RmsNorm ? Array.Empty<string>() : [$"{Name} normalizes by RMSNorm; the model does by LayerNorm"],
        .. OwnObstacles(config),
    ];

    public override JsonObject Write(LanguageModelConfig config)
    {
        JsonObject json = WriteCommon(config);
        WriteOwn(config, json);
        return json;
    }

    /// <summary>The tensors as they are, experts apart; old files hold the rotary frequencies too.</summary>
    public override TensorMap Map(LanguageModelConfig config, IReadOnlyList<Parameter> parameters, IReadOnlyList<ModelBuffer> buffers) =>
        new(TensorMap.Identity(parameters, buffers).Select(StoredExperts.Apart).Tensors)
        {
            Canonical = stored => stored.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal) ? null : stored,
            Copies = StoredCopies.OfHead(config, "model.embed_tokens.weight"),
        };

    /// <summary>What this family alone has in a <c>config.json</c>.</summary>
    protected virtual LanguageModelConfig ReadOwn(StoredSettings settings, LanguageModelConfig config) => config with { FeedForwardBiases = settings.Flag("mlp_bias") };

    /// <summary>What this family alone has, written.</summary>
    protected virtual void WriteOwn(LanguageModelConfig config, JsonObject json) => json["mlp_bias"] = config.FeedForwardBiases;

    /// <summary>What of a configuration this family alone cannot say.</summary>
    protected virtual IEnumerable<string> OwnObstacles(LanguageModelConfig config) =>
        Enumerable.Range(0, config.Layers).All(layer => config.WindowOf(layer) is null) ? [] : [$"{Name} has no sliding window"];

    /// <summary>The attention of a layer.</summary>
    protected virtual IResidualBranch Mixer(ModelBuilder scope, LanguageModelConfig config, int layer) => new SelfAttention(scope, "self_attn", Attention(config, layer) with
    {
        Rotary = config.RotaryOf(config.EffectiveHeadWidth),
        QueryKeyNormEpsilon = config.QueryKeyNorm ? config.EffectiveEpsilon : null,
        QueryName = "q_proj",
        KeyName = "k_proj",
        ValueName = "v_proj",
        OutputName = "o_proj",
        QueryNormName = "q_norm",
        KeyNormName = "k_norm",
    });

    /// <summary>The feed-forward block of a layer.</summary>
    protected virtual IResidualBranch FeedForward(ModelBuilder scope, LanguageModelConfig config, int layer) => new FeedForward(scope, "mlp", FeedForward(config) with
    {
        Bias = config.FeedForwardBiases,
        GateName = "gate_proj",
        UpName = "up_proj",
        DownName = "down_proj",
    });

    /// <summary>What llama and its relatives have in common of a <c>config.json</c>.</summary>
    private LanguageModelConfig ReadCommon(StoredSettings settings) => StoredRotary.Read(settings, new LanguageModelConfig
    {
        Family = this,
        Vocabulary = settings["vocab_size"].Integer(1),
        Layers = settings["num_hidden_layers"].Integer(1, StoredWeights.MostLayers),
        Heads = settings["num_attention_heads"].Integer(1),
        KeyValueHeads = settings.Find("num_key_value_heads")?.Integer(1),
        Width = settings["hidden_size"].Integer(1),
        HeadWidth = settings.Find("head_dim")?.Integer(1),
        HiddenWidth = settings["intermediate_size"].Integer(1),
        Context = settings["max_position_embeddings"].Integer(1),
        Normalization = Normalization.RmsNorm,
        NormalizationEpsilon = settings.Find("rms_norm_eps")?.Positive(1) ?? 1e-6,
        Activation = StoredActivations.Read(settings["hidden_act"], otherwise: gated ? "silu" : "relu2"),
        Gated = gated,
        TiedHead = settings.Flag("tie_word_embeddings"),
        Biases = settings.Flag("attention_bias"),
        InitialDeviation = settings.Find("initializer_range")?.Number(0, 1) ?? 0.02,
    });

    /// <summary>What they have in common, written.</summary>
    private JsonObject WriteCommon(LanguageModelConfig config) => new()
    {
        ["architectures"] = new JsonArray(architecture),
        ["model_type"] = Name,
        ["vocab_size"] = config.Vocabulary,
        ["hidden_size"] = config.Width,
        ["intermediate_size"] = config.EffectiveHiddenWidth,
        ["num_hidden_layers"] = config.Layers,
        ["num_attention_heads"] = config.Heads,
        ["num_key_value_heads"] = config.EffectiveKeyValueHeads,
        ["head_dim"] = config.EffectiveHeadWidth,
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

    private TransformerBlock Block(ModelBuilder scope, LanguageModelConfig config, int layer) => new(
        Norm(scope, "input_layernorm", config), Mixer(scope, config, layer), Norm(scope, "post_attention_layernorm", config), FeedForward(scope, config, layer));
}
