using MuonSharp.Nn;

namespace MuonSharp.Training;

/// <summary>The decoder that a configuration describes.</summary>
internal static class DecoderConfigs
{
    private static readonly Dictionary<string, Normalization> s_normalizations = new(StringComparer.Ordinal)
    {
        ["layer-norm"] = Normalization.LayerNorm,
        ["rms-norm"] = Normalization.RmsNorm,
    };

    private static readonly Dictionary<string, Activation> s_activations = new(StringComparer.Ordinal)
    {
        ["gelu"] = Activation.Gelu,
        ["gelu-tanh"] = Activation.GeluTanh,
        ["relu-squared"] = Activation.ReluSquared,
        ["swiglu"] = Activation.SwiGlu,
    };

    private static readonly Dictionary<string, Positions> s_positions = new(StringComparer.Ordinal)
    {
        ["learned"] = Positions.Learned,
        ["rotary"] = Positions.Rotary,
    };

    public static IReadOnlyList<string> Normalizations { get; } = [.. s_normalizations.Keys];

    public static IReadOnlyList<string> Activations { get; } = [.. s_activations.Keys];

    public static IReadOnlyList<string> PositionKinds { get; } = [.. s_positions.Keys];

    /// <summary>The decoder that reads a tokenizer's tokens.</summary>
    /// <exception cref="BadInputException">The vocabulary that is set is smaller than the tokenizer's.</exception>
    public static DecoderConfig Create(ModelSettings model, ITokenizer tokenizer)
    {
        if (model.Vocabulary > 0 && model.Vocabulary < tokenizer.VocabularySize)
        {
            throw new BadInputException(
                $"[model] model.vocabulary must be 0 or at least the {tokenizer.VocabularySize} of the {tokenizer.Kind} tokenizer; {model.Vocabulary} came");
        }

        return Create(model, model.Vocabulary > 0 ? model.Vocabulary : tokenizer.VocabularySize);
    }

    /// <summary>The decoder of some settings whose single values are sound.</summary>
    public static DecoderConfig Create(ModelSettings model, int vocabulary) => new()
    {
        Vocabulary = vocabulary,
        Layers = model.Layers,
        Heads = model.Heads,
        Width = model.Width,
        Context = model.Context,
        KeyValueHeads = model.KeyValueHeads > 0 ? model.KeyValueHeads : null,
        HiddenWidth = model.HiddenWidth > 0 ? model.HiddenWidth : null,
        Normalization = s_normalizations[model.Normalization],
        Activation = s_activations[model.Activation],
        Positions = s_positions[model.Positions],
        TiedHead = model.TiedHead,
        Biases = model.Biases,
        QueryKeyNorm = model.QueryKeyNorm,
        Dropout = model.Dropout,
        Window = model.Window > 0 ? model.Window : null,
    };
}
