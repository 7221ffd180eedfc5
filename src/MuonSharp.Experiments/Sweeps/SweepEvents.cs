using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>Something that happened in a sweep.</summary>
public abstract record SweepEvent;

/// <summary>A run begins, or goes on.</summary>
/// <param name="Run">The run.</param>
/// <param name="Step">Steps that it has done in an earlier call.</param>
public sealed record SweepRunStarted(SweepRun Run, long Step) : SweepEvent;

/// <summary>Something happened in a run that is going on.</summary>
/// <param name="Run">The run.</param>
/// <param name="Happened">What happened.</param>
/// <param name="Progress">Where the sweep is.</param>
public sealed record SweepRunProgress(SweepRun Run, TrainingEvent Happened, SweepProgress Progress) : SweepEvent;

/// <summary>A run is done, and all before it in the grid's order are.</summary>
/// <param name="Run">The run.</param>
/// <param name="Trained">What came of it.</param>
/// <param name="WasThere">Whether an earlier call had done all of it.</param>
public sealed record SweepRunFinished(SweepRun Run, TrainedRun Trained, bool WasThere) : SweepEvent;

/// <summary>Where a sweep is.</summary>
/// <param name="Done">Runs that are done.</param>
/// <param name="Going">Runs that are going on.</param>
/// <param name="Remaining">Estimate of the time that is left, from the arithmetic that is; zero before the first step.</param>
public sealed record SweepProgress(int Done, int Going, TimeSpan Remaining);

/// <summary>How much of a sweep's arithmetic is done, and in which time.</summary>
internal sealed class SweepClock(SweepPlan plan, TimeProvider time)
{
    /// <summary>Share of each run that is done, and that was there when it began here.</summary>
    private readonly (double Done, double Before)[] _shares = new (double, double)[plan.Runs.Count];
    private readonly HashSet<int> _going = [];
    private readonly long _start = time.GetTimestamp();
    private int _done;

    public void Begin(int number, long step)
    {
        _going.Add(number);
        _shares[number] = (Share(number, step), Share(number, step));
    }

    public void End(int number, bool wasThere)
    {
        _going.Remove(number);
        _shares[number] = (1, wasThere ? 1 : _shares[number].Before);
        _done++;
    }

    public SweepProgress Progress(int number, long step)
    {
        _shares[number].Done = Share(number, step);
        double left = 0, here = 0;
        for (int i = 0; i < _shares.Length; i++)
        {
            (left, here) = (left + (plan.Runs[i].Work * (1 - _shares[i].Done)), here + (plan.Runs[i].Work * (_shares[i].Done - _shares[i].Before)));
        }

        return new(_done, _going.Count, here > 0 ? time.GetElapsedTime(_start) * Math.Min(left / here, 1e6) : TimeSpan.Zero);
    }

    private double Share(int number, long step) => (double)step / plan.Runs[number].Config.Train.Steps;
}
