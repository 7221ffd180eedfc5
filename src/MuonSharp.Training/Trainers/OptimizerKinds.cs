using System.Text.Json.Nodes;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>The optimizers that a configuration can name: each says how the parameters are routed.</summary>
internal static class OptimizerKinds
{
    /// <summary>The optimizer that is Muon with the preset of the same name.</summary>
    public const string NorMuon = "normuon";

    /// <summary>Where a warm-up of the momentum starts. Source: modded-nanogpt.</summary>
    private const double FirstMomentum = 0.85;

    private static readonly Dictionary<string, Func<OptimizerSettings, IReadOnlyList<Route>>> s_kinds = new(StringComparer.Ordinal)
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
    private static readonly Dictionary<string, Func<OptimizerSettings, OptimizerOptions>> s_standards = new(StringComparer.Ordinal)
    {
        ["muon"] = static settings => MuonPresets.ByName[settings.Preset],
        [NorMuon] = static _ => MuonPresets.NorMuon,
        ["shampoo"] = static _ => new ShampooOptions(),
        ["soap"] = static _ => new SoapOptions(),
    };

    public static IReadOnlyList<string> Names { get; } = [.. s_kinds.Keys];

    public static IReadOnlyList<string> PresetNames { get; } = [.. MuonPresets.ByName.Keys];

    /// <summary>The learning rate of the hidden matrices that the reference has.</summary>
    public static double StandardLearningRate(OptimizerSettings settings) =>
        s_standards.TryGetValue(settings.Name, out Func<OptimizerSettings, OptimizerOptions>? standard)
            ? standard(settings).LearningRate.Range.Greatest
            : settings.Auxiliary.LearningRate;

    /// <summary>The settings with the preset that an optimizer's name stands for, where none was set.</summary>
    /// <param name="settings">The settings as they were given.</param>
    /// <param name="start">What they were given on top of.</param>
    /// <param name="presetIsSet">Whether the preset was given.</param>
    public static OptimizerSettings WithPreset(OptimizerSettings settings, OptimizerSettings start, bool presetIsSet)
    {
        if (presetIsSet)
        {
            return settings;
        }

        return settings.Name == NorMuon ? settings with { Preset = NorMuon }
            : start.Name == NorMuon ? settings with { Preset = new OptimizerSettings().Preset }
            : settings;
    }

    /// <summary>The settings of another optimizer or preset than those they were chosen for: numbers that were not set are its reference's.</summary>
    /// <param name="settings">The settings, with the new name and preset.</param>
    /// <param name="presetChanged">Whether the preset is another one, so that AdamW's share changes as well.</param>
    /// <param name="isSet">Whether a key was set.</param>
    public static OptimizerSettings WithStandards(OptimizerSettings settings, bool presetChanged, Func<string, bool> isSet)
    {
        double Keep(string key, double value, double standard) => isSet("optimizer." + key) ? value : standard;
        settings = isSet("optimizer.learningRate") ? settings : settings with { LearningRate = null };
        if (s_standards.TryGetValue(settings.Name, out Func<OptimizerSettings, OptimizerOptions>? make))
        {
            OptimizerOptions standard = make(settings);
            settings = settings with
            {
                Momentum = Keep("momentum", settings.Momentum, standard is MuonOptions muon ? muon.Momentum.Range.Greatest : settings.Momentum),
                WeightDecay = Keep("weightDecay", settings.WeightDecay, standard.WeightDecay.Range.Greatest),
            };
        }

        var share = (AdamWOptions)OptimizerDescriptors.Muon.Preset(PresetOf(settings))!.Auxiliary;
        AuxiliarySettings auxiliary = settings.Auxiliary;
        return !presetChanged ? settings : settings with
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
    public static IReadOnlyList<Route> Routes(OptimizerSettings settings) => s_kinds[settings.Name](settings);

    /// <summary>What holds for the whole step.</summary>
    public static StepOptions StepOptions(TrainingConfig config) => new()
    {
        TotalSteps = config.Train.Steps,
        MaximumGradientNorm = config.Optimizer.ClipNorm > 0 ? config.Optimizer.ClipNorm : null,
    };

    /// <summary>The preset in force: a name that stands for one, else the one that is set.</summary>
    private static string PresetOf(OptimizerSettings settings) => settings.Name == NorMuon ? NorMuon : settings.Preset;

    private static OptimizerOptions Standard(OptimizerSettings settings) => s_standards[settings.Name](settings) with
    {
        LearningRate = ScheduleKinds.Create(settings.EffectiveLearningRate, settings.Schedule),
        WeightDecay = settings.WeightDecay,
    };

    private static MuonOptions Muon(OptimizerSettings settings)
    {
        var standard = (MuonOptions)Standard(settings);
        return standard with
        {
            Momentum = Momentum(settings),
            Orthogonalizer = settings.Orthogonalizer is { } name ? Orthogonalizers.Get(name) : standard.Orthogonalizer,
        };
    }

    private static SgdOptions Sgd(OptimizerSettings settings, double learningRate, double weightDecay) => new()
    {
        LearningRate = ScheduleKinds.Create(learningRate, settings.Schedule),
        Momentum = Momentum(settings),
        Nesterov = true,
        WeightDecay = weightDecay,
    };

    private static Schedule Momentum(OptimizerSettings settings) => settings.MomentumWarmup > 0
        ? new RampSchedule(Math.Min(FirstMomentum, settings.Momentum), settings.Momentum, settings.MomentumWarmup)
        : settings.Momentum;

    private static AdamWOptions Auxiliary(OptimizerSettings settings) => (AdamWOptions)OptimizerDescriptors.Muon.Preset(PresetOf(settings))!.Auxiliary with
    {
        LearningRate = ScheduleKinds.Create(settings.Auxiliary.LearningRate, settings.Schedule),
        Beta1 = settings.Auxiliary.Beta1,
        Beta2 = settings.Auxiliary.Beta2,
        Epsilon = settings.Auxiliary.Epsilon,
        WeightDecay = settings.Auxiliary.WeightDecay,
    };

    /// <summary>AdamW for the hidden matrices: their own learning rate and decay, the rest as the auxiliary one.</summary>
    private static AdamWOptions Matrices(OptimizerSettings settings) => Auxiliary(settings) with
    {
        LearningRate = ScheduleKinds.Create(settings.EffectiveLearningRate, settings.Schedule),
        WeightDecay = settings.WeightDecay,
    };
}

/// <summary>Which of the keys <c>optimizer.*</c> an optimizer does something with, as <see cref="OptimizerKinds"/> routes them.</summary>
internal static class OptimizerKeys
{
    /// <summary>Keys that not all optimizers use, with those that do; all others are used by all.</summary>
    private static readonly Dictionary<string, string[]> s_users = new(StringComparer.Ordinal)
    {
        ["optimizer.preset"] = ["muon", "adamw", "sgd", "shampoo", "soap"],
        ["optimizer.orthogonalizer"] = ["muon", "normuon"],
        ["optimizer.momentum"] = ["muon", "normuon", "sgd"],
        ["optimizer.momentumWarmup"] = ["muon", "normuon", "sgd"],
        ["optimizer.auxiliary.beta1"] = ["muon", "normuon", "adamw", "shampoo", "soap"],
        ["optimizer.auxiliary.beta2"] = ["muon", "normuon", "adamw", "shampoo", "soap"],
        ["optimizer.auxiliary.epsilon"] = ["muon", "normuon", "adamw", "shampoo", "soap"],
    };

    /// <summary>Whether a key makes a difference to an optimizer.</summary>
    /// <param name="optimizer">The optimizer's name.</param>
    /// <param name="key">The whole key.</param>
    public static bool Uses(string optimizer, string key) =>
        !s_users.TryGetValue(key, out string[]? users) || users.Contains(optimizer, StringComparer.Ordinal);
}

/// <summary>What one optimizer takes care of.</summary>
/// <param name="Optimizer">Its name: <c>muon</c>, <c>adamw</c>.</param>
/// <param name="Tensors">Number of parameters.</param>
/// <param name="Weights">Number of weights in them.</param>
/// <param name="LearningRate">Peak learning rate.</param>
public sealed record OptimizerShare(string Optimizer, int Tensors, long Weights, double LearningRate);

/// <summary>Finds the keys that somebody changed and the chosen optimizer or schedule does not read: no mistake by the rules, but not what was meant.</summary>
internal static class UnusedKeys
{
    private const string Group = "optimizer.";
    private const string Preset = Group + "preset";

    private const string Auxiliary = Group + "auxiliary.";

    /// <summary>One line for each such key; changed is what differs from the preset that the configuration started from.</summary>
    public static IReadOnlyList<string> Remarks(TrainingConfig config)
    {
        TrainingConfig start = Presets.Names.Contains(config.Preset, StringComparer.Ordinal) ? TrainingConfig.FromPreset(config.Preset) : new();
        (string name, string schedule) = (config.Optimizer.Name, config.Optimizer.Schedule.Name);
        return
        [
            .. OfOptimizer(name, config.Optimizer.Preset != start.Optimizer.Preset).Where(Changed).Select(key => Remark(key, $"optimizer '{name}'")),
            .. OfSchedule(schedule).Where(Changed).Select(key => Remark(key, $"schedule '{schedule}'")),
        ];

        bool Changed(string key) => ConfigKeys.Find(key) is { } known && !JsonNode.DeepEquals(known.Read(config), known.Read(start));
    }

    private static string Remark(string key, string reader) => $"[config] {key} is set, but the {reader} does not use it";

    /// <summary>The keys that an optimizer does not read. A preset brings the numbers of AdamW's share along: nobody set those; SGD has such numbers alone from it.</summary>
    private static IEnumerable<string> OfOptimizer(string name, bool presetChanged) => ConfigKeys.All.Select(key => key.Name).Where(key =>
        key == Preset ? name == "sgd" : !OptimizerKeys.Uses(name, key) && !(presetChanged && key.StartsWith(Auxiliary, StringComparison.Ordinal)));

    private static IEnumerable<string> OfSchedule(string name) => name switch
    {
        "constant" => [Group + "schedule.decayShare", Group + "schedule.floor"],
        "linear" or "cosine" => [Group + "schedule.decayShare"],
        _ => [],
    };
}
