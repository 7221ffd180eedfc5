using MuonSharp.Nn;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>The language model that a configuration describes.</summary>
internal static class LanguageModelConfigs
{
    private static readonly Dictionary<string, Normalization> s_normalizations = new(StringComparer.Ordinal)
    {
        ["layer-norm"] = Normalization.LayerNorm,
        ["rms-norm"] = Normalization.RmsNorm,
    };

    private static readonly Dictionary<string, (Activation Activation, bool Gated)> s_activations = new(StringComparer.Ordinal)
    {
        ["gelu"] = (Activation.Gelu, false),
        ["gelu-tanh"] = (Activation.GeluTanh, false),
        ["relu-squared"] = (Activation.ReluSquared, false),
        ["swiglu"] = (Activation.Silu, true),
    };

    private static readonly Dictionary<string, ModelFamily> s_positions = new(StringComparer.Ordinal)
    {
        ["learned"] = ModelFamilies.Gpt2,
        ["rotary"] = ModelFamilies.Llama,
    };

    public static IReadOnlyList<string> Normalizations { get; } = [.. s_normalizations.Keys];

    public static IReadOnlyList<string> Activations { get; } = [.. s_activations.Keys];

    public static IReadOnlyList<string> PositionKinds { get; } = [.. s_positions.Keys];

    public static IReadOnlyList<string> Families { get; } = [.. s_positions.Values.Select(family => family.Name)];

    /// <summary>The positions of a family; null for no family.</summary>
    public static string? PositionsOf(string? family) => family is null ? null : s_positions.First(pair => pair.Value.Name == family).Key;

    /// <summary>The settings with the positions of the family that was given, where none were.</summary>
    public static ModelSection Complete(ModelSection model, IReadOnlySet<string> given) =>
        given.Contains("model.family") && !given.Contains("model.positions") && PositionsOf(model.Family) is { } positions ? model with { Positions = positions } : model;

    /// <summary>The language model that reads a tokenizer's tokens.</summary>
    /// <exception cref="BadInputException">The vocabulary that is set is smaller than the tokenizer's.</exception>
    public static LanguageModelConfig Create(ModelSection model, ITokenizer tokenizer)
    {
        if (model.Vocabulary < tokenizer.VocabularySize)
        {
            throw new BadInputException(
                $"[model] model.vocabulary must be null or at least the {tokenizer.VocabularySize} of the {tokenizer.Kind} tokenizer; {model.Vocabulary} came");
        }

        return Create(model, model.Vocabulary ?? tokenizer.VocabularySize);
    }

    /// <summary>The language model of some settings whose single values are sound.</summary>
    public static LanguageModelConfig Create(ModelSection model, int vocabulary) => new()
    {
        Vocabulary = vocabulary,
        Layers = model.Layers,
        Heads = model.Heads,
        Width = model.Width,
        Context = model.Context,
        KeyValueHeads = model.KeyValueHeads,
        HeadWidth = model.HeadWidth,
        HiddenWidth = model.HiddenWidth,
        Normalization = s_normalizations[model.Normalization],
        Activation = s_activations[model.Activation].Activation,
        Gated = s_activations[model.Activation].Gated,
        Family = s_positions[model.Positions],
        TiedHead = model.TiedHead,
        Biases = model.Biases,
        QueryKeyNorm = model.QueryKeyNorm,
        Dropout = model.Dropout,
        Window = model.Window,
        RotaryBase = model.RotaryBase,
        NormalizationEpsilon = model.Epsilon,
        InitialDeviation = model.InitialDeviation,
    };
}

/// <summary>The learning rate schedules that a configuration can name.</summary>
internal static class ScheduleKinds
{
    private static readonly Dictionary<string, Func<double, ScheduleSection, Schedule>> s_kinds = new(StringComparer.Ordinal)
    {
        ["constant"] = (peak, settings) => new ConstantSchedule(peak, settings.Warmup),
        ["linear"] = (peak, settings) => new LinearSchedule(peak, settings.Warmup, peak * settings.Floor),
        ["cosine"] = (peak, settings) => new CosineSchedule(peak, settings.Warmup, peak * settings.Floor),
        ["warmup-stable-decay"] = (peak, settings) =>
            new WarmUpStableDecaySchedule(peak, settings.Warmup, settings.DecayShare, peak * settings.Floor),
    };

    public static IReadOnlyList<string> Names { get; } = [.. s_kinds.Keys];

    /// <summary>The schedule of a learning rate with the given peak.</summary>
    public static Schedule Create(double peak, ScheduleSection settings) => s_kinds[settings.Name](peak, settings);

    /// <summary>The greatest share of its peak that a learning rate reaches: below 1 where the run is too short for the warm-up, or the decay begins within it.</summary>
    /// <remarks>No schedule rises after its warm-up, so only that is looked at; of a very long one, a million of its steps.</remarks>
    public static double GreatestFactor(ScheduleSection settings, long steps)
    {
        Schedule schedule = Create(1, settings);
        long rise = Math.Clamp(settings.Warmup, 1, steps);
        long stride = Math.Max(1, rise / 1_000_000);
        double greatest = schedule.At(rise, steps);
        for (long step = 1; step < rise && greatest < 1; step += stride)
        {
            greatest = Math.Max(greatest, schedule.At(step, steps));
        }

        return greatest;
    }
}
