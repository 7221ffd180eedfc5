using System.Text.Json.Nodes;

namespace MuonSharp.Nn;

/// <summary>The DeepSeek-V3 family: llama's with latent attention, and mixtures of experts behind the first layers.</summary>
internal sealed class DeepSeekFamily() : LlamaFamily("deepseek_v3", "DeepseekV3ForCausalLM")
{
    /// <summary>A key that follows from others.</summary>
    private const string Derived = "qk_head_dim";

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
            config.Heads * ((long)config.EffectiveHeadWidth + latent.RotaryWidth), config.Heads * ((long)config.EffectiveHeadWidth + latent.ValueWidth), (long)latent.KeyValueRank + latent.RotaryWidth,
            latent.QueryRank ?? 0, config.EffectiveHiddenWidth, config.Vocabulary,
        ];
        if (sides.Max() > int.MaxValue / Math.Max(1, Math.Max(config.Width, Math.Max(latent.KeyValueRank, latent.QueryRank ?? 0))))
        {
            yield return $"a matrix must have fewer than 2^31 weights; width {config.Width}, ranks {latent.QueryRank} and {latent.KeyValueRank} times {sides.Max()}";
        }
    }

    /// <inheritdoc/>
    public override ModelFamily StoredAs(LanguageModelConfig config) => this;

    protected override LanguageModelConfig ReadOwn(StoredSettings settings, LanguageModelConfig config)
    {
        settings.Find(Derived);
        return config with
        {
            HeadWidth = settings["qk_nope_head_dim"].Integer(1),
            Latent = new LatentAttentionSizes
            {
                QueryRank = settings.Find("q_lora_rank")?.Integer(1),
                KeyValueRank = settings["kv_lora_rank"].Integer(1),
                RotaryWidth = settings["qk_rope_head_dim"].Integer(1),
                ValueWidth = settings["v_head_dim"].Integer(1),
                Interleaved = settings.Flag("rope_interleave", otherwise: true),
            },
            Experts = StoredExperts.Read(settings, config.Layers),
        };
    }

    protected override IEnumerable<string> OwnObstacles(LanguageModelConfig config) =>
        config.Gated ? base.OwnObstacles(config) : base.OwnObstacles(config).Append("deepseek_v3's feed-forward blocks are gated; the model's are not");

    protected override void WriteOwn(LanguageModelConfig config, JsonObject json)
    {
        LatentAttentionSizes latent = config.Latent!;
        json["q_lora_rank"] = latent.QueryRank;
        json["kv_lora_rank"] = latent.KeyValueRank;
        json["qk_nope_head_dim"] = config.EffectiveHeadWidth;
        json["qk_rope_head_dim"] = latent.RotaryWidth;
        json[Derived] = config.EffectiveHeadWidth + latent.RotaryWidth;
        json["head_dim"] = latent.RotaryWidth;
        json["v_head_dim"] = latent.ValueWidth;
        json["rope_interleave"] = latent.Interleaved;
        StoredExperts.Write(config, json);
    }

    protected override IResidualBranch Mixer(ModelBuilder scope, LanguageModelConfig config, int layer)
    {
        LatentAttentionSizes latent = config.Latent!;
        return new LatentAttention(scope, "self_attn", new LatentAttentionOptions
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
            Initializer = Initializers.Normal(config.InitialDeviation),
            OutputInitializer = IntoResidual(config),
            BiasInitializer = Initializers.Zeros,
        });
    }

    protected override IResidualBranch FeedForward(ModelBuilder scope, LanguageModelConfig config, int layer) =>
        config.Experts is { } experts && layer >= experts.DenseLayers
            ? new MixtureOfExperts(scope, "mlp", experts.Layer(config.Width) with
            {
                Activation = config.Activation,
                Dropout = config.Dropout,
                Initializer = Initializers.Normal(config.InitialDeviation),
                OutputInitializer = IntoResidual(config),
            })
            : base.FeedForward(scope, config, layer);
}
