using System.Diagnostics;

namespace MuonSharp.Optimizers;

/// <summary>The times of one optimizer's stages; each worker writes sums of its own.</summary>
internal sealed class StageClock
{
    private readonly string _optimizer;
    private readonly OptimizerStage[] _stages;
    private readonly long[][] _ticksOfWorker;
    private long _whole;
    private long _calls;

    public StageClock(string optimizer, OptimizerStage[] stages, int workers)
    {
        (_optimizer, _stages) = (optimizer, stages);
        _ticksOfWorker = [.. Enumerable.Range(0, workers).Select(_ => new long[stages.Length])];
    }

    /// <summary>Adds the time since a reading of the clock to a stage, and reads the clock anew.</summary>
    public void Lap(int worker, int stage, ref long since)
    {
        long now = Stopwatch.GetTimestamp();
        _ticksOfWorker[worker][stage] += now - since;
        since = now;
    }

    /// <summary>Ends an update that began at a reading of the clock.</summary>
    public void Finish(long start)
    {
        _whole += Stopwatch.GetTimestamp() - start;
        _calls++;
    }

    public void Reset()
    {
        (_whole, _calls) = (0, 0);
        foreach (long[] ticks in _ticksOfWorker)
        {
            Array.Clear(ticks);
        }
    }

    /// <summary>The update's time, shared among its stages as the workers' time is.</summary>
    public IEnumerable<StageTime> Stages()
    {
        long[] ticks = [.. _stages.Select((_, stage) => _ticksOfWorker.Sum(own => own[stage]))];
        double all = ticks.Sum();
        return _calls == 0 ? [] : _stages.Select((stage, i) => new StageTime(
            _optimizer, stage.Name, _calls, Stopwatch.GetElapsedTime(0, (long)(all > 0 ? ticks[i] / all * _whole : _whole)), _calls * stage.Flops, _calls * stage.Bytes));
    }
}
