using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>The learning rate schedules that a configuration can name.</summary>
internal static class ScheduleKinds
{
    private static readonly Dictionary<string, Func<double, ScheduleSettings, Schedule>> s_kinds = new(StringComparer.Ordinal)
    {
        ["constant"] = (peak, settings) => new ConstantSchedule(peak, settings.Warmup),
        ["linear"] = (peak, settings) => new LinearSchedule(peak, settings.Warmup, peak * settings.Floor),
        ["cosine"] = (peak, settings) => new CosineSchedule(peak, settings.Warmup, peak * settings.Floor),
        ["warmup-stable-decay"] = (peak, settings) =>
            new WarmUpStableDecaySchedule(peak, settings.Warmup, settings.DecayShare, peak * settings.Floor),
    };

    public static IReadOnlyList<string> Names { get; } = [.. s_kinds.Keys];

    /// <summary>The schedule of a learning rate with the given peak.</summary>
    public static Schedule Create(double peak, ScheduleSettings settings) => s_kinds[settings.Name](peak, settings);
}
