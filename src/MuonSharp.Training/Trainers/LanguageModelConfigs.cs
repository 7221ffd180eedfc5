using System.Globalization;
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
        ["relu"] = (Activation.Relu, false),
        ["relu-squared"] = (Activation.ReluSquared, false),
        ["silu"] = (Activation.Silu, false),
        ["swiglu"] = (Activation.Silu, true),
        ["geglu"] = (Activation.Gelu, true),
        ["geglu-tanh"] = (Activation.GeluTanh, true),
        ["reglu"] = (Activation.Relu, true),
    };

    private const string Learned = "learned";
    private const string Rotary = "rotary";

    public static IReadOnlyList<string> Normalizations { get; } = [.. s_normalizations.Keys];

    public static IReadOnlyList<string> Activations { get; } = [.. s_activations.Keys];

    public static IReadOnlyList<string> PositionKinds { get; } = [Learned, Rotary];

    public static IReadOnlyList<string> Families { get; } = [.. ModelFamilies.All.Select(family => family.Name)];

    /// <summary>The positions of a family; null for no family.</summary>
    public static string? PositionsOf(string? family) => family is null ? null : family == ModelFamilies.Gpt2.Name ? Learned : Rotary;

    /// <summary>When keys of latent attention and experts are used.</summary>
    public static ConfigCondition WithLatents => new("model.family", c => IsLatent(c.Model.Family));

    /// <summary>Whether a family has latent attention.</summary>
    public static bool IsLatent(string? family) => family == ModelFamilies.DeepSeekV3.Name;

    /// <summary>The settings with what the family that was given brings, where it was not given: positions, and Qwen3's norms.</summary>
    public static ModelSection Complete(ModelSection model, IReadOnlySet<string> given)
    {
        if (given.Contains("model.family") && PositionsOf(model.Family) is { } positions)
        {
            model = given.Contains("model.positions") ? model : model with { Positions = positions };
            model = given.Contains("model.queryKeyNorm") || model.Family != ModelFamilies.Qwen3.Name ? model : model with { QueryKeyNorm = true };
        }

        return model;
    }

    /// <summary>Windows by layer from their text; null for a text that is none.</summary>
    public static int?[]? Windows(string text)
    {
        string[] parts = text.Split(',');
        int[] numbers = [.. parts.Select(part => int.TryParse(part, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out int window) ? window : -1)];
        return numbers.Any(number => number < 0) ? null : [.. numbers.Select(number => number == 0 ? (int?)null : number)];
    }

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
    public static LanguageModelConfig Create(ModelSection model, int vocabulary)
    {
        LanguageModelConfig config = new()
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
            Family = FamilyOf(model),
            TiedHead = model.TiedHead,
            Biases = model.Biases,
            QueryKeyNorm = model.QueryKeyNorm,
            Dropout = model.Dropout,
            Window = model.Window,
            RotaryBase = model.RotaryBase,
            RotaryShare = model.RotaryShare,
            RotaryScaling = model.RotaryScaling.Create(model.Context),
            FeedForwardBiases = model.FeedForwardBiases,
            WindowsByLayer = model.WindowsByLayer is null ? null : Windows(model.WindowsByLayer),
            Latent = IsLatent(model.Family) ? model.Latent.Create(model.HeadWidth ?? (model.Width / model.Heads)) : null,
            NormalizationEpsilon = model.Epsilon,
            InitialDeviation = model.InitialDeviation,
            ZeroProjections = model.ZeroProjections,
            LogitCap = model.LogitCap,
        };
        return IsLatent(model.Family) ? config with { Experts = model.Experts.Create(config.EffectiveHiddenWidth) } : config;
    }

    /// <summary>The settings that describe a model; adds a problem and returns null where none do.</summary>
    public static ModelSection? Of(LanguageModelConfig config, ICollection<string> problems)
    {
        string? activation = s_activations.FirstOrDefault(known => known.Value == (config.Activation, config.Gated)).Key;
        RotaryScalingSection? scaling = RotaryScalingSection.Of(config.RotaryScaling);
        if (activation is null || scaling is null || !ModelFamilies.All.Contains(config.Family))
        {
            problems.Add($"settings describe models of the families {string.Join(", ", Families)} with activations {string.Join(", ", Activations)}; a {config.Family} model came with {(config.Gated ? "gated " : "")}{config.Activation}");
            return null;
        }

        return new()
        {
            Family = config.Family.Name,
            Layers = config.Layers,
            Vocabulary = config.Vocabulary,
            Heads = config.Heads,
            KeyValueHeads = config.KeyValueHeads == config.Heads ? null : config.KeyValueHeads,
            HeadWidth = config.HeadWidth,
            Width = config.Width,
            Context = config.Context,
            HiddenWidth = config.HiddenWidth,
            Normalization = s_normalizations.First(known => known.Value == config.Normalization).Key,
            Epsilon = config.NormalizationEpsilon,
            Activation = activation,
            Positions = PositionsOf(config.Family.Name)!,
            RotaryBase = config.RotaryBase,
            RotaryShare = config.RotaryShare,
            RotaryScaling = scaling,
            Latent = LatentSection.Of(config.Latent),
            Experts = ExpertSection.Of(config.Experts),
            TiedHead = config.TiedHead,
            Biases = config.Biases,
            FeedForwardBiases = config.FeedForwardBiases,
            QueryKeyNorm = config.QueryKeyNorm,
            Dropout = config.Dropout,
            Window = config.Window,
            WindowsByLayer = config.WindowsByLayer is { } windows ? string.Join(',', windows.Select(window => window ?? 0)) : null,
            InitialDeviation = config.InitialDeviation,
            ZeroProjections = config.ZeroProjections,
            LogitCap = config.LogitCap,
        };
    }

    private static ModelFamily FamilyOf(ModelSection model) =>
        model.Family is { } family ? ModelFamilies.Named(family) : model.Positions == Learned ? ModelFamilies.Gpt2 : ModelFamilies.Llama;
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
