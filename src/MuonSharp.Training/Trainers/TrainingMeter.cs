using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace MuonSharp.Training;

/// <summary>The meter <c>MuonSharp</c>: what <c>dotnet-counters</c>, OpenTelemetry and any listener see of a process that trains. Measuring allocates nothing.</summary>
internal static class TrainingMeter
{
    /// <summary>The meter's name.</summary>
    public const string Name = "MuonSharp";

    private const string RunTag = "run";

    private static readonly Meter s_meter = new(Name);
    private static readonly Gauge<double> s_loss = s_meter.CreateGauge<double>("muonsharp.loss", description: "Mean training loss of the last step, in the task's unit.");
    private static readonly Histogram<double> s_duration = s_meter.CreateHistogram<double>("muonsharp.step.duration", "s", "Time of a step, without evaluations and pauses.");
    private static readonly Counter<long> s_steps = s_meter.CreateCounter<long>("muonsharp.steps", "{step}", "Steps done, skipped ones included.");
    private static readonly Counter<long> s_skipped = s_meter.CreateCounter<long>("muonsharp.steps.skipped", "{step}", "Steps that changed nothing because a gradient was not finite or too large.");
    private static readonly Counter<long> s_clipped = s_meter.CreateCounter<long>("muonsharp.heads.clipped", "{head}", "Attention heads that QK-clip scaled down.");
    private static readonly ConcurrentDictionary<string, Counter<long>> s_units = new(StringComparer.Ordinal);

    /// <summary>Makes the counter of a unit known before the first step.</summary>
    public static Counter<long> UnitsOf(string unit) =>
        s_units.GetOrAdd(unit, static name => s_meter.CreateCounter<long>($"muonsharp.{name}", description: "Units of data seen in training."));

    /// <summary>Tells of a step.</summary>
    /// <param name="run">The run folder's name; empty for a run without one.</param>
    /// <param name="step">The step.</param>
    /// <param name="units">Units of data that it took.</param>
    /// <param name="counter">Their counter.</param>
    public static void Tell(string run, TrainingStep step, long units, Counter<long> counter)
    {
        KeyValuePair<string, object?> tag = new(RunTag, run);
        s_steps.Add(1, tag);
        counter.Add(units, tag);
        s_duration.Record(step.Elapsed.TotalSeconds, tag);
        if (step.Report.Skipped)
        {
            s_skipped.Add(1, tag);
            return;
        }

        s_loss.Record(step.Loss, tag);
        s_clipped.Add(step.ClippedHeads, tag);
    }
}
