using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>The llama family (with QK-norm: Qwen3's): rotary positions, separate projections stored [out, in], grouped key-value heads, names as in
/// Hugging Face.</summary>
internal sealed class LlamaFamily() : ModelFamily("llama")
{
    public override IEnumerable<string> Problems(LanguageModelConfig config)
    {
        if (config.EffectiveHeadWidth % 2 != 0)
        {
            yield return $"rotary positions need an even head width; {config.EffectiveHeadWidth}";
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
            Head = config.TiedHead ? tokens.Weight : builder.Parameter("lm_head.weight", [config.Vocabulary, config.Width], ParameterRole.Head, initializer),
        };
    }

    private static TransformerBlock Block(ModelBuilder scope, LanguageModelConfig config, int layer)
    {
        SelfAttentionOptions attention = Attention(config, layer) with
        {
            RotaryBase = config.RotaryBase,
            QueryKeyNormEpsilon = config.QueryKeyNorm ? config.EffectiveEpsilon : null,
            QueryName = "q_proj",
            KeyName = "k_proj",
            ValueName = "v_proj",
            OutputName = "o_proj",
            QueryNormName = "q_norm",
            KeyNormName = "k_norm",
        };
        FeedForwardOptions feedForward = FeedForward(config) with
        {
            Bias = false,
            GateName = "gate_proj",
            UpName = "up_proj",
            DownName = "down_proj",
        };
        return new TransformerBlock(
            Norm(scope, "input_layernorm", config),
            new SelfAttention(scope, "self_attn", attention),
            Norm(scope, "post_attention_layernorm", config),
            new FeedForward(scope, "mlp", feedForward));
    }
}
