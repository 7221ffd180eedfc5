namespace MuonSharp.Nn;

/// <summary>The shape of a pre-norm decoder: everything that decides its parameters and its arithmetic.</summary>
/// <remarks>The defaults are GPT-2's form. <see cref="ModelFamilies.Llama"/> with <see cref="Normalization.RmsNorm"/> and a gated SiLU is llama's.</remarks>
public sealed record LanguageModelConfig
{
    private const int HiddenMultiple = 32;

    /// <summary>Number of tokens, 1 or more.</summary>
    public required int Vocabulary { get; init; }

    /// <summary>Number of blocks, 1 or more.</summary>
    public required int Layers { get; init; }

    /// <summary>Query heads, 1 or more.</summary>
    public required int Heads { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int Width { get; init; }

    /// <summary>Most tokens of a sequence.</summary>
    public required int Context { get; init; }

    /// <summary>Key and value heads, a divisor of <see cref="Heads"/>. Default: as many as query heads.</summary>
    public int? KeyValueHeads { get; init; }

    /// <summary>Width of a head. Default: width / heads.</summary>
    public int? HeadWidth { get; init; }

    /// <summary>Width inside the feed-forward block. Default: 4·width; gated 8/3·width, rounded up to a multiple of 32.</summary>
    public int? HiddenWidth { get; init; }

    /// <summary>Normalization of the sublayers' inputs. Default LayerNorm.</summary>
    public Normalization Normalization { get; init; } = Normalization.LayerNorm;

    /// <summary>Nonlinearity of the feed-forward block. Default GELU.</summary>
    public Activation Activation { get; init; } = Activation.Gelu;

    /// <summary>Whether the feed-forward block is gated, down(f(gate x) · up x): SwiGLU with <see cref="Activation.Silu"/>. Not in the GPT-2 family. Default false.</summary>
    public bool Gated { get; init; }

    /// <summary>The family, which decides positions, names and storage. Default GPT-2.</summary>
    public ModelFamily Family { get; init; } = ModelFamilies.Gpt2;

    /// <summary>Whether the head is the token embedding. Default true.</summary>
    public bool TiedHead { get; init; } = true;

    /// <summary>Whether linears and LayerNorms have biases (in the llama family the attention's projections only). Default false.</summary>
    public bool Biases { get; init; }

    /// <summary>Whether the feed-forward block of a family with biases in the attention alone has them too. Default false.</summary>
    public bool FeedForwardBiases { get; init; }

    /// <summary>Whether queries and keys are normalized by head before the rotation, as Qwen3 does. Not in the GPT-2 family. Default false.</summary>
    public bool QueryKeyNorm { get; init; }

    /// <summary>Sizes of latent attention, in the family that has it; then <see cref="HeadWidth"/> is that of the part that is not turned. Default: none.</summary>
    public LatentAttentionSizes? Latent { get; init; }

    /// <summary>Sizes of mixtures of experts, in the family that has them; null (default): every layer has a feed-forward block.</summary>
    public ExpertSizes? Experts { get; init; }

    /// <summary>Probability of dropout after the embedding and on each residual branch, in training. Attention weights are never
    /// dropped. 0 up to but not including 1; default 0.</summary>
    public double Dropout { get; init; }

    /// <summary>How many tokens back a token sees, itself included; null (default) for all.</summary>
    public int? Window { get; init; }

    /// <summary>A window for each layer (null for all tokens), instead of one for all layers. Default: <see cref="Window"/> for each.</summary>
    public IReadOnlyList<int?>? WindowsByLayer { get; init; }

    /// <summary>Base of the rotary frequencies. Default 10000.</summary>
    public double RotaryBase { get; init; } = RotaryFrequencies.DefaultBase;

    /// <summary>How the rotary frequencies are changed to reach further. Default: not at all.</summary>
    public RotaryScaling? RotaryScaling { get; init; }

    /// <summary>Share of a head's columns that rotary positions turn, above 0 up to 1: the first ones. Default 1.</summary>
    public double RotaryShare { get; init; } = 1;

    /// <summary>Epsilon of the normalizations. Default: 1e-5 for LayerNorm, 1e-6 for RMSNorm.</summary>
    public double? NormalizationEpsilon { get; init; }

    /// <summary>Standard deviation of initial weights; projections back into the residual stream have it divided by √(2·layers). Default 0.02.</summary>
    public double InitialDeviation { get; init; } = 0.02;

    /// <summary>Whether projections back into the residual stream, and a head of its own, begin at zero instead: the model begins as an embedding that knows nothing, whatever its
    /// depth. Default false.</summary>
    public bool ZeroProjections { get; init; }

    /// <summary>Soft cap of the head's logits z, which become cap·tanh(z / cap); above 0. Default: none.</summary>
    public double? LogitCap { get; init; }

    /// <summary><see cref="KeyValueHeads"/> with its default.</summary>
    public int EffectiveKeyValueHeads => KeyValueHeads ?? Heads;

    /// <summary><see cref="HeadWidth"/> with its default.</summary>
    public int EffectiveHeadWidth => HeadWidth ?? (Heads > 0 ? Width / Heads : 0);

    /// <summary><see cref="HiddenWidth"/> with its default.</summary>
    public int EffectiveHiddenWidth => HiddenWidth ?? (int)Math.Min(int.MaxValue, Gated
        ? ((Width * 8L / 3) + HiddenMultiple - 1) / HiddenMultiple * HiddenMultiple
        : 4L * Width);

    /// <summary><see cref="NormalizationEpsilon"/> with its default.</summary>
    public float EffectiveEpsilon => (float)(NormalizationEpsilon
        ?? (Normalization == Normalization.LayerNorm ? NormalizationRecording.LayerNormEpsilon : NormalizationRecording.RmsNormEpsilon));

    /// <summary>The frequencies by which a head's queries and keys are turned.</summary>
    /// <param name="width">Columns of a head that may be turned.</param>
    /// <returns>Those of the base, the share and the scaling.</returns>
    public RotaryFrequencies RotaryOf(int width)
    {
        int turned = (int)(width * RotaryShare) / 2 * 2;
        return RotaryScaling is { } scaling ? scaling.Apply(turned, RotaryBase) : RotaryFrequencies.Powers(turned, RotaryBase);
    }

    /// <summary>How many tokens back a token sees in a layer, itself included; null for all.</summary>
    /// <param name="layer">The layer, from 0.</param>
    /// <returns>The window.</returns>
    public int? WindowOf(int layer) => WindowsByLayer is null ? Window : WindowsByLayer[layer];

    /// <summary>Every rule that the configuration breaks.</summary>
    /// <returns>One sentence a problem, naming the value; empty when the configuration is sound.</returns>
    public IReadOnlyList<string> Problems() => LanguageModelRules.Problems(this);

    /// <summary>Throws unless the configuration is sound.</summary>
    /// <exception cref="ArgumentException">Rules are broken; the message names all of them.</exception>
    public void Validate()
    {
        IReadOnlyList<string> problems = Problems();
        if (problems.Count > 0)
        {
            throw new ArgumentException($"[language model] the configuration breaks {problems.Count} rule(s); {string.Join("; ", problems)}");
        }
    }

    /// <summary>The layers, with what they have in common whatever the family.</summary>
    /// <param name="builder">Where parameters are declared.</param>
    internal LanguageNetwork Declare(ModelBuilder builder) => Family.Declare(builder, this) with { LogitCap = LogitCap };

    /// <summary>Number of trainable elements, a tied head counted once.</summary>
    /// <returns>The count.</returns>
    /// <exception cref="ArgumentException">The configuration is not sound.</exception>
    public long CountParameters()
    {
        Validate();
        var builder = new ModelBuilder(seed: 0);
        Declare(builder);
        return builder.Parameters.Sum(parameter => (long)parameter.Length);
    }
}

/// <summary>The rules of a configuration in any family.</summary>
internal static class LanguageModelRules
{
    public static IReadOnlyList<string> Problems(LanguageModelConfig config)
    {
        var problems = new List<string>();
        void Require(bool holds, string rule)
        {
            if (!holds)
            {
                problems.Add(rule);
            }
        }

        Require(config.Vocabulary >= 1, $"vocabulary must be at least 1; {config.Vocabulary}");
        Require(config.Layers >= 1, $"layers must be at least 1; {config.Layers}");
        Require(config.Heads >= 1, $"heads must be at least 1; {config.Heads}");
        Require(config.Width >= 1, $"width must be at least 1; {config.Width}");
        Require(config.Context >= 1, $"context must be at least 1; {config.Context}");
        Require(config.HeadWidth is null or >= 1, $"headWidth must be at least 1; {config.HeadWidth}");
        Require(config.HiddenWidth is null or >= 1, $"hiddenWidth must be at least 1; {config.HiddenWidth}");
        Require(config.Window is null or >= 1, $"window must be at least 1; {config.Window}");
        Require(config.Dropout is >= 0 and < 1, $"dropout must be in [0, 1); {config.Dropout}");
        Require(config.RotaryBase > 1, $"rotaryBase must be above 1; {config.RotaryBase}");
        Require(config.RotaryShare is > 0 and <= 1, $"rotaryShare must be above 0 and at most 1; {config.RotaryShare}");
        problems.AddRange(config.Latent?.Problems() ?? []);
        Require(config.Latent is null || config.Family == ModelFamilies.DeepSeekV3 || !ModelFamilies.All.Contains(config.Family), $"latent attention is deepseek_v3's; the family is {config.Family}");
        problems.AddRange(config.Experts?.Problems(config.Width) ?? []);
        Require(config.Experts is null || config.Family == ModelFamilies.DeepSeekV3 || !ModelFamilies.All.Contains(config.Family), $"experts are deepseek_v3's; the family is {config.Family}");
        problems.AddRange(config.RotaryScaling?.Problems() ?? []);
        Require(config.NormalizationEpsilon is null or > 0, $"normalizationEpsilon must be positive; {config.NormalizationEpsilon}");
        Require(config.LogitCap is null or > 0, $"logitCap must be above 0; {config.LogitCap}");
        Require(config.InitialDeviation >= 0, $"initialDeviation must not be negative; {config.InitialDeviation}");
        Require(
            config.HeadWidth is not null || config.Heads < 1 || config.Width % config.Heads == 0,
            $"width must be a multiple of heads, or headWidth be given; width {config.Width}, heads {config.Heads}");
        Require(
            config.KeyValueHeads is null || (config.KeyValueHeads >= 1 && config.Heads % config.KeyValueHeads == 0),
            $"keyValueHeads must divide heads; {config.KeyValueHeads} and {config.Heads}");
        Require(
            config.WindowsByLayer is null || (config.Window is null && config.WindowsByLayer.Count == config.Layers && config.WindowsByLayer.All(window => window is null or >= 1)),
            $"windowsByLayer must have a window of at least 1 or none for each of {config.Layers} layers, without window; {config.WindowsByLayer?.Count} came, window {config.Window}");
        problems.AddRange(config.Family.Problems(config));
        return problems;
    }
}

/// <summary>How a decoder normalizes the input of each sublayer.</summary>
public enum Normalization
{
    /// <summary>Mean and variance of a row, gain, and a bias if the model has biases: GPT-2.</summary>
    LayerNorm,

    /// <summary>Root of the mean of squares of a row, and gain: llama.</summary>
    RmsNorm,
}
