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

    /// <summary>The greatest share of its peak that a learning rate reaches: below 1 where the run is too short for the warm-up, or the decay begins within it.</summary>
    /// <remarks>No schedule rises after its warm-up, so only that is looked at; of a very long one, a million of its steps.</remarks>
    public static double GreatestFactor(ScheduleSettings settings, long steps)
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
