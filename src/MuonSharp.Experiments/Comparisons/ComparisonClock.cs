namespace MuonSharp.Experiments;

/// <summary>How long the runs still to do will take, from those of this process.</summary>
/// <remarks>
/// A step of an optimizer is taken to cost the thread time (seconds times threads of its run) that its steps here have cost, one of an optimizer that has not been seen what the others' have; and
/// as many threads to be busy from here on as were since the first run began.
/// </remarks>
internal sealed class ComparisonClock(TimeProvider time)
{
    private readonly Dictionary<string, (double Seconds, long Steps)> _done = new(StringComparer.Ordinal);
    private readonly Dictionary<int, GoingRun> _going = [];
    private readonly Dictionary<int, ComparisonTask> _waiting = [];
    private IReadOnlyList<ComparisonTask> _after = [];
    private int _seeds = 1;
    private long? _start;

    /// <summary>Runs that are going on.</summary>
    public int Going => _going.Count;

    /// <summary>Runs are about to be done.</summary>
    /// <param name="jobs">The runs.</param>
    /// <param name="after">The tasks that are expected after them.</param>
    /// <param name="seeds">Runs of each of those.</param>
    public void Plan(IEnumerable<ComparisonJob> jobs, IReadOnlyList<ComparisonTask> after, int seeds)
    {
        (_after, _seeds) = (after, seeds);
        foreach (ComparisonJob job in jobs)
        {
            _waiting[job.Number] = job.Task;
        }
    }

    /// <summary>A run begins after a step.</summary>
    public void Begin(ComparisonJob job, long step)
    {
        _start ??= time.GetTimestamp();
        _waiting.Remove(job.Number);
        _going[job.Number] = new(job, time.GetTimestamp(), step, step);
    }

    /// <summary>A run that is going on has done a step.</summary>
    public void Step(ComparisonJob job, long step) => _going[job.Number] = _going[job.Number] with { Step = step };

    /// <summary>A run has ended, with all that belongs to it, or was there.</summary>
    public void End(ComparisonJob job)
    {
        _waiting.Remove(job.Number);
        if (_going.Remove(job.Number, out GoingRun gone))
        {
            Add(_done, gone);
        }
    }

    /// <summary>Time for the rest of the runs that are going on and for those after them; zero before the first step.</summary>
    public TimeSpan Remaining
    {
        get
        {
            Dictionary<string, (double Seconds, long Steps)> known = new(_done, StringComparer.Ordinal);
            foreach (GoingRun run in _going.Values)
            {
                Add(known, run);
            }

            (double busy, long steps) = known.Values.Aggregate((Seconds: 0.0, Steps: 0L), (sum, each) => (sum.Seconds + each.Seconds, sum.Steps + each.Steps));
            if (steps == 0 || busy <= 0)
            {
                return TimeSpan.Zero;
            }

            double left = _going.Values.Sum(run => Pace(run.Job.Task) * (run.Job.Task.Steps - run.Step))
                + _waiting.Values.Sum(task => Pace(task) * task.Steps)
                + (_seeds * _after.Sum(task => Pace(task) * task.Steps));
            return time.GetElapsedTime(_start!.Value) * (left / busy);

            double Pace(ComparisonTask task) => known.GetValueOrDefault(task.Optimizer) is { Steps: > 0 } seen ? seen.Seconds / seen.Steps : busy / steps;
        }
    }

    private void Add(Dictionary<string, (double Seconds, long Steps)> times, GoingRun run)
    {
        (double seconds, long steps) = times.GetValueOrDefault(run.Job.Task.Optimizer);
        times[run.Job.Task.Optimizer] = (seconds + (run.Job.Threads * time.GetElapsedTime(run.Start).TotalSeconds), steps + run.Step - run.First);
    }

    private readonly record struct GoingRun(ComparisonJob Job, long Start, long First, long Step);
}
