using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>The optimizers that a configuration can name: each says how the parameters are routed.</summary>
internal static class OptimizerKinds
{
    /// <summary>Where a warm-up of the momentum starts. Source: modded-nanogpt.</summary>
    private const double FirstMomentum = 0.85;

    private static readonly Dictionary<string, Func<OptimizerSettings, IReadOnlyList<Route>>> s_kinds = new(StringComparer.Ordinal)
    {
        ["muon"] = settings => Route.Split(Muon(settings), Auxiliary(settings)),
        ["adamw"] = settings => Route.Split(Matrices(settings), Auxiliary(settings)),
    };

    private static readonly Dictionary<string, MuonOptions> s_presets = new(StringComparer.Ordinal)
    {
        ["keller-jordan"] = MuonPresets.KellerJordan,
    };

    public static IReadOnlyList<string> Names { get; } = [.. s_kinds.Keys];

    public static IReadOnlyList<string> PresetNames { get; } = [.. s_presets.Keys];

    /// <summary>Who takes which parameters, with which options.</summary>
    public static IReadOnlyList<Route> Routes(OptimizerSettings settings) => s_kinds[settings.Name](settings);

    /// <summary>What holds for the whole step.</summary>
    public static StepOptions StepOptions(TrainingConfig config) => new()
    {
        TotalSteps = config.Train.Steps,
        MaximumGradientNorm = config.Optimizer.ClipNorm > 0 ? config.Optimizer.ClipNorm : null,
    };

    private static MuonOptions Muon(OptimizerSettings settings) => s_presets[settings.Preset] with
    {
        LearningRate = ScheduleKinds.Create(settings.EffectiveLearningRate, settings.Schedule),
        Momentum = settings.MomentumWarmup > 0
            ? new RampSchedule(Math.Min(FirstMomentum, settings.Momentum), settings.Momentum, settings.MomentumWarmup)
            : settings.Momentum,
        WeightDecay = settings.WeightDecay,
    };

    private static AdamWOptions Auxiliary(OptimizerSettings settings) => AdamWPresets.KellerJordan with
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
