using System.Text.Json.Nodes;
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
            Head = config.TiedHead ? tokens.Weight : builder.Parameter("lm_head.weight", [config.Vocabulary, config.Width], ParameterRole.Head, HeadOf(config)),
        };
    }

    public override LanguageModelConfig Read(StoredSettings settings)
    {
        settings.Need("scale_attn_weights", true);
        settings.Need("scale_attn_by_inverse_layer_idx", false);
        settings.Need("add_cross_attention", false);
        settings.Find("n_ctx");
        settings.Find("reorder_and_upcast_attn");
        LanguageModelConfig config = new()
        {
            Family = this,
            Vocabulary = settings["vocab_size"].Integer(1),
            Layers = settings["n_layer"].Integer(1, StoredWeights.MostLayers),
            Heads = settings["n_head"].Integer(1),
            Width = settings["n_embd"].Integer(1),
            Context = settings["n_positions"].Integer(1),
            HiddenWidth = settings.Find("n_inner")?.Integer(1),
            Activation = StoredActivations.Read(settings["activation_function"], otherwise: "gelu_new"),
            NormalizationEpsilon = settings.Find("layer_norm_epsilon")?.Positive(1) ?? 1e-5,
            TiedHead = settings.Flag("tie_word_embeddings", otherwise: true),
            InitialDeviation = settings.Find("initializer_range")?.Number(0, 1) ?? 0.02,
            Biases = true,
        };
        settings.RefuseRest();
        return config;
    }

    public override IEnumerable<string> Obstacles(LanguageModelConfig config) =>
    [
        .. StoredActivations.Obstacles(config.Activation),
        .. StoredHead.Obstacles(this, config),
        .. config.Normalization == Normalization.LayerNorm ? Array.Empty<string>() : ["gpt2 normalizes by LayerNorm; the model does by RMSNorm"],
        .. config.EffectiveHeadWidth * config.Heads == config.Width ? Array.Empty<string>() : [$"gpt2's heads share its width; {config.Heads} heads of {config.EffectiveHeadWidth}, width {config.Width}"],
        .. Enumerable.Range(0, config.Layers).All(layer => config.WindowOf(layer) is null) ? Array.Empty<string>() : ["gpt2 has no sliding window"],
    ];

    public override JsonObject Write(LanguageModelConfig config) => new()
    {
        ["architectures"] = new JsonArray("GPT2LMHeadModel"),
        ["model_type"] = Name,
        ["vocab_size"] = config.Vocabulary,
        ["n_positions"] = config.Context,
        ["n_ctx"] = config.Context,
        ["n_embd"] = config.Width,
        ["n_layer"] = config.Layers,
        ["n_head"] = config.Heads,
        ["n_inner"] = config.EffectiveHiddenWidth,
        ["activation_function"] = StoredActivations.Name(config.Activation),
        ["layer_norm_epsilon"] = StoredNumbers.Shortest(config.EffectiveEpsilon),
        ["initializer_range"] = config.InitialDeviation,
        ["attn_pdrop"] = 0.0,
        ["embd_pdrop"] = config.Dropout,
        ["resid_pdrop"] = config.Dropout,
        ["tie_word_embeddings"] = config.TiedHead,
        ["use_cache"] = true,
        ["torch_dtype"] = "float32",
    };

    /// <summary>The tensors as they are; biases that the model does without are zeros in the file. Hugging Face's own files leave out <c>transformer.</c>, and hold masks.</summary>
    public override TensorMap Map(LanguageModelConfig config, IReadOnlyList<Parameter> parameters, IReadOnlyList<ModelBuffer> buffers)
    {
        TensorMap map = TensorMap.Identity(parameters, buffers).Select(tensor =>
            config.Biases || !HasBias(tensor.Name) ? [tensor] : [tensor, new StoredTensor(tensor.Name[..^"weight".Length] + "bias", [tensor.Shape[^1]], View: null)]);
        return new TensorMap(map.Tensors) { Canonical = Canonical, Copies = StoredCopies.OfHead(config, "transformer.wte.weight") };
    }

    private static bool HasBias(string name) => name.EndsWith(".weight", StringComparison.Ordinal) && !name.Contains("wte.", StringComparison.Ordinal)
        && !name.Contains("wpe.", StringComparison.Ordinal) && !name.StartsWith("lm_head.", StringComparison.Ordinal);

    private static string? Canonical(string name)
    {
        string full = name.StartsWith("h.", StringComparison.Ordinal) || name.StartsWith('w') || name.StartsWith("ln_f.", StringComparison.Ordinal)
            ? "transformer." + name : name;
        return full.EndsWith(".attn.bias", StringComparison.Ordinal) || full.EndsWith(".attn.masked_bias", StringComparison.Ordinal) ? null : full;
    }

    private static TransformerBlock Block(ModelBuilder scope, LanguageModelConfig config, int layer)
    {
        SelfAttentionOptions attention = Attention(config, layer) with { Fused = true, Layout = MatrixLayout.InOut, FusedName = "c_attn", OutputName = "c_proj" };
        FeedForwardOptions feedForward = FeedForward(config) with { Layout = MatrixLayout.InOut, UpName = "c_fc", DownName = "c_proj" };
        return new TransformerBlock(
            Norm(scope, "ln_1", config), new SelfAttention(scope, "attn", attention), Norm(scope, "ln_2", config), new FeedForward(scope, "mlp", feedForward));
    }
}
