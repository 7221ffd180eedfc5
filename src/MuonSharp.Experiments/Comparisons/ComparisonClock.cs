namespace MuonSharp.Experiments;

/// <summary>How long the runs still to do will take, from those of this process.</summary>
internal sealed class ComparisonClock(TimeProvider time)
{
    private readonly Dictionary<string, (long Steps, TimeSpan Time)> _done = new(StringComparer.Ordinal);
    private long _start;
    private long _firstStep;

    /// <summary>A run begins.</summary>
    public void Begin(long step) => (_start, _firstStep) = (time.GetTimestamp(), step);

    /// <summary>The run that is going on has ended, with all that belongs to it.</summary>
    public void End(ComparisonTask task, long step)
    {
        (long steps, TimeSpan elapsed) = _done.GetValueOrDefault(task.Optimizer);
        _done[task.Optimizer] = (steps + step - _firstStep, elapsed + time.GetElapsedTime(_start));
    }

    /// <summary>Time for the rest of a run and for the runs after it; an optimizer that has not been seen is taken to be like the rest.</summary>
    public TimeSpan Remaining(ComparisonTask task, long step, IEnumerable<ComparisonTask> after)
    {
        Dictionary<string, (long Steps, TimeSpan Time)> known = new(_done, StringComparer.Ordinal);
        (long steps, TimeSpan elapsed) = known.GetValueOrDefault(task.Optimizer);
        known[task.Optimizer] = (steps + step - _firstStep, elapsed + time.GetElapsedTime(_start));
        long all = known.Values.Sum(seen => seen.Steps);
        if (all == 0)
        {
            return TimeSpan.Zero;
        }

        TimeSpan usual = known.Values.Aggregate(TimeSpan.Zero, (sum, seen) => sum + seen.Time) / all;
        return (Pace(task) * (task.Steps - step)) + after.Aggregate(TimeSpan.Zero, (sum, next) => sum + (Pace(next) * next.Steps));

        TimeSpan Pace(ComparisonTask next) =>
            known.GetValueOrDefault(next.Optimizer) is { Steps: > 0 } seen ? seen.Time / seen.Steps : usual;
    }
}
