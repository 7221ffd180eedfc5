using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>The optimizers that a configuration can name: each says how the parameters are routed.</summary>
internal static class OptimizerKinds
{
    /// <summary>The optimizer that is Muon with the preset of the same name.</summary>
    public const string NorMuon = "normuon";

    /// <summary>Where a warm-up of the momentum starts. Source: modded-nanogpt.</summary>
    private const double FirstMomentum = 0.85;

    private static readonly Dictionary<string, Func<OptimizerSection, IReadOnlyList<Route>>> s_kinds = new(StringComparer.Ordinal)
    {
        ["muon"] = settings => Route.Split(Muon(settings), Auxiliary(settings)),
        [NorMuon] = settings => Route.Split(Muon(settings), Auxiliary(settings)),
        ["adamw"] = settings => Route.Split(Matrices(settings), Auxiliary(settings)),
        ["sgd"] = settings => Route.Split(
            Sgd(settings, settings.EffectiveLearningRate, settings.WeightDecay),
            Sgd(settings, settings.Auxiliary.LearningRate, settings.Auxiliary.WeightDecay)),
        ["shampoo"] = settings => Route.Split(Standard(settings), Auxiliary(settings)),
        ["soap"] = settings => Route.Split(Standard(settings), Auxiliary(settings)),
    };

    /// <summary>The reference's own options of the hidden matrices, for those that do not take AdamW's share of the settings.</summary>
    private static readonly Dictionary<string, Func<OptimizerSection, OptimizerOptions>> s_standards = new(StringComparer.Ordinal)
    {
        ["muon"] = static settings => MuonPresets.ByName[settings.Preset],
        [NorMuon] = static _ => MuonPresets.NorMuon,
        ["shampoo"] = static _ => new ShampooOptions(),
        ["soap"] = static _ => new SoapOptions(),
    };

    public static IReadOnlyList<string> Names { get; } = [.. s_kinds.Keys];

    public static IReadOnlyList<string> PresetNames { get; } = [.. MuonPresets.ByName.Keys];

    /// <summary>The learning rate of the hidden matrices that the reference has.</summary>
    public static double StandardLearningRate(OptimizerSection settings) =>
        s_standards.TryGetValue(settings.Name, out Func<OptimizerSection, OptimizerOptions>? standard)
            ? standard(settings).LearningRate.Range.Greatest
            : settings.Auxiliary.LearningRate;

    /// <summary>The settings with everything that follows from their optimizer and preset, where it was not set.</summary>
    /// <param name="settings">The settings as they were given.</param>
    /// <param name="start">What they were given on top of.</param>
    /// <param name="given">The keys that were given.</param>
    /// <param name="problems">Receives a preset that contradicts the optimizer's name.</param>
    public static OptimizerSection Complete(OptimizerSection settings, OptimizerSection start, IReadOnlySet<string> given, List<string> problems)
    {
        if (given.Contains("optimizer.preset"))
        {
            if (settings.Name == NorMuon && settings.Preset != NorMuon)
            {
                problems.Add("[config] optimizer.preset must be normuon, or not set, with optimizer.name=normuon, which is muon with that preset; "
                    + $"'{settings.Preset}' came");
            }
        }
        else if (settings.Name == NorMuon || start.Name == NorMuon)
        {
            settings = settings with { Preset = settings.Name == NorMuon ? NorMuon : new OptimizerSection().Preset };
        }

        bool presetChanged = settings.Preset != start.Preset;
        return settings.Name != start.Name || presetChanged ? WithStandards(settings, presetChanged, given.Contains) : settings;
    }

    /// <summary>Whose numbers apply: the optimizer's, and its preset's where that is another than the first one.</summary>
    public static string Describe(OptimizerSection settings) =>
        settings.Preset == "default" || settings.Preset == settings.Name ? settings.Name : $"{settings.Name} {settings.Preset}";

    /// <summary>The settings of another optimizer or preset than those they were chosen for: numbers that were not set are its reference's.</summary>
    /// <param name="settings">The settings, with the new name and preset.</param>
    /// <param name="presetChanged">Whether the preset is another one, so that AdamW's share changes as well.</param>
    /// <param name="isSet">Whether a key was set.</param>
    private static OptimizerSection WithStandards(OptimizerSection settings, bool presetChanged, Func<string, bool> isSet)
    {
        double Keep(string key, double value, double standard) => isSet("optimizer." + key) ? value : standard;
        settings = isSet("optimizer.learningRate") ? settings : settings with { LearningRate = null };
        if (s_standards.TryGetValue(settings.Name, out Func<OptimizerSection, OptimizerOptions>? make))
        {
            OptimizerOptions standard = make(settings);
            settings = settings with
            {
                Momentum = Keep("momentum", settings.Momentum, standard is MuonOptions muon ? muon.Momentum.Range.Greatest : settings.Momentum),
                WeightDecay = Keep("weightDecay", settings.WeightDecay, standard.WeightDecay.Range.Greatest),
            };
        }

        var share = (AdamWOptions)OptimizerDescriptors.Muon.Preset(PresetOf(settings))!.Auxiliary;
        AuxiliarySection auxiliary = settings.Auxiliary;
        return !presetChanged || settings.Name == "sgd" ? settings : settings with
        {
            Auxiliary = auxiliary with
            {
                LearningRate = Keep("auxiliary.learningRate", auxiliary.LearningRate, share.LearningRate.Range.Greatest),
                Beta1 = Keep("auxiliary.beta1", auxiliary.Beta1, share.Beta1.Range.Greatest),
                Beta2 = Keep("auxiliary.beta2", auxiliary.Beta2, share.Beta2),
                Epsilon = Keep("auxiliary.epsilon", auxiliary.Epsilon, share.Epsilon),
                WeightDecay = Keep("auxiliary.weightDecay", auxiliary.WeightDecay, share.WeightDecay.Range.Greatest),
            },
        };
    }

    /// <summary>Who takes which parameters, with which options.</summary>
    public static IReadOnlyList<Route> Routes(OptimizerSection settings) => s_kinds[settings.Name](settings);

    /// <summary>What holds for the whole step.</summary>
    public static StepOptions StepOptions(TrainingConfig config) => new()
    {
        TotalSteps = config.Train.Steps,
        MaximumGradientNorm = config.Optimizer.ClipNorm,
    };

    /// <summary>The preset in force: a name that stands for one, else the one that is set.</summary>
    private static string PresetOf(OptimizerSection settings) => settings.Name == NorMuon ? NorMuon : settings.Preset;

    private static OptimizerOptions Standard(OptimizerSection settings) => s_standards[settings.Name](settings) with
    {
        LearningRate = ScheduleKinds.Create(settings.EffectiveLearningRate, settings.Schedule),
        WeightDecay = settings.WeightDecay,
    };

    private static MuonOptions Muon(OptimizerSection settings)
    {
        var standard = (MuonOptions)Standard(settings);
        return standard with
        {
            Momentum = Momentum(settings),
            Orthogonalizer = settings.Orthogonalizer is { } name ? Orthogonalizers.Get(name) : standard.Orthogonalizer,
        };
    }

    private static SgdOptions Sgd(OptimizerSection settings, double learningRate, double weightDecay) => new()
    {
        LearningRate = ScheduleKinds.Create(learningRate, settings.Schedule),
        Momentum = Momentum(settings),
        Nesterov = true,
        WeightDecay = weightDecay,
    };

    private static Schedule Momentum(OptimizerSection settings) => settings.MomentumWarmup > 0
        ? new RampSchedule(Math.Min(FirstMomentum, settings.Momentum), settings.Momentum, settings.MomentumWarmup)
        : settings.Momentum;

    private static AdamWOptions Auxiliary(OptimizerSection settings) => (AdamWOptions)OptimizerDescriptors.Muon.Preset(PresetOf(settings))!.Auxiliary with
    {
        LearningRate = ScheduleKinds.Create(settings.Auxiliary.LearningRate, settings.Schedule),
        Beta1 = settings.Auxiliary.Beta1,
        Beta2 = settings.Auxiliary.Beta2,
        Epsilon = settings.Auxiliary.Epsilon,
        WeightDecay = settings.Auxiliary.WeightDecay,
    };

    /// <summary>AdamW for the hidden matrices: their own learning rate and decay, the rest as the auxiliary one.</summary>
    private static AdamWOptions Matrices(OptimizerSection settings) => Auxiliary(settings) with
    {
        LearningRate = ScheduleKinds.Create(settings.EffectiveLearningRate, settings.Schedule),
        WeightDecay = settings.WeightDecay,
    };
}

/// <summary>What one optimizer takes care of.</summary>
/// <param name="Optimizer">Its name: <c>muon</c>, <c>adamw</c>.</param>
/// <param name="Tensors">Number of parameters.</param>
/// <param name="Weights">Number of weights in them.</param>
/// <param name="LearningRate">Peak learning rate.</param>
public sealed record OptimizerShare(string Optimizer, int Tensors, long Weights, double LearningRate);
