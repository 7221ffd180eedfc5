using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>The GPT-2 family: learned positions, fused QKV, weights stored [in, out], names as in Hugging Face's GPT2LMHeadModel.</summary>
internal sealed class Gpt2Family() : ModelFamily("gpt2")
{
    public override IEnumerable<string> Problems(LanguageModelConfig config)
    {
        if (config.QueryKeyNorm)
        {
            yield return "queryKeyNorm needs rotary positions; family gpt2 learns them";
        }

        if (config.Gated)
        {
            yield return "a gated feed-forward block needs rotary positions; family gpt2 learns them";
        }

        if (config.EffectiveKeyValueHeads != config.Heads)
        {
            yield return $"learned positions need as many key-value heads as heads; {config.KeyValueHeads} and {config.Heads}";
        }

        long[] sides = [3L * config.Heads * config.EffectiveHeadWidth, config.EffectiveHiddenWidth, config.Vocabulary, config.Context];
        if (sides.Max() > int.MaxValue / Math.Max(1, config.Width))
        {
            yield return $"a matrix must have fewer than 2^31 weights; width {config.Width} times {sides.Max()}";
        }
    }

    public override LanguageNetwork Declare(ModelBuilder builder, LanguageModelConfig config)
    {
        ModelBuilder scope = builder.Scope("transformer");
        Initializer initializer = Initializers.Normal(config.InitialDeviation);
        Embedding tokens = new(scope, "wte", config.Vocabulary, config.Width, initializer);
        return new LanguageNetwork
        {
            Tokens = tokens,
            Positions = new Embedding(scope, "wpe", config.Context, config.Width, initializer, ParameterRole.Position),
            Dropout = config.Dropout > 0 ? new Dropout(builder, "embedding", config.Dropout) : null,
            Blocks = [.. Enumerable.Range(0, config.Layers).Select(layer => Block(scope.Scope($"h.{layer}"), config, layer))],
            FinalNorm = Norm(scope, "ln_f", config),
            Head = config.TiedHead ? tokens.Weight : builder.Parameter("lm_head.weight", [config.Vocabulary, config.Width], ParameterRole.Head, initializer),
        };
    }

    private static TransformerBlock Block(ModelBuilder scope, LanguageModelConfig config, int layer)
    {
        SelfAttentionOptions attention = Attention(config, layer) with { Fused = true, Layout = MatrixLayout.InOut, FusedName = "c_attn", OutputName = "c_proj" };
        FeedForwardOptions feedForward = FeedForward(config) with { Layout = MatrixLayout.InOut, UpName = "c_fc", DownName = "c_proj" };
        return new TransformerBlock(
            Norm(scope, "ln_1", config), new SelfAttention(scope, "attn", attention), Norm(scope, "ln_2", config), new FeedForward(scope, "mlp", feedForward));
    }
}
