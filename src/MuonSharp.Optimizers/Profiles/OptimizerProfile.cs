using System.Diagnostics;

namespace MuonSharp.Optimizers;

/// <summary>The time of each part of an optimizer's step, summed over steps.</summary>
/// <remarks>A few readings of the clock a step and a matrix; measuring allocates nothing, reading the sums does.</remarks>
public sealed class OptimizerProfile
{
    private const string GateName = "gate";

    internal OptimizerProfile(IReadOnlyList<Optimizer> optimizers, int workers)
    {
        double elements = optimizers.SelectMany(optimizer => optimizer.Parameters).Sum(parameter => (double)parameter.Length);
        Gate = new StageClock(GateName, [new OptimizerStage("check and norm of the gradients", 0, sizeof(float) * elements)], workers);
        Clocks = [.. optimizers.Select(optimizer => new StageClock(optimizer.Name, optimizer.Stages(), workers))];
    }

    internal StageClock Gate { get; }

    internal StageClock[] Clocks { get; }

    /// <summary>The sums so far, in the order of the step.</summary>
    public IReadOnlyList<StageTime> Stages() => [.. Gate.Stages(), .. Clocks.SelectMany(clock => clock.Stages())];

    /// <summary>Forgets what was measured.</summary>
    public void Reset()
    {
        Gate.Reset();
        foreach (StageClock clock in Clocks)
        {
            clock.Reset();
        }
    }
}

/// <summary>A part of an update, and what one update of all parameters does in it.</summary>
/// <param name="Name">What is done.</param>
/// <param name="Flops">Multiply-adds of matrix products, two operations each; elementwise arithmetic counts nothing.</param>
/// <param name="Bytes">Bytes that have to move at least once.</param>
internal readonly record struct OptimizerStage(string Name, double Flops, double Bytes);

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

/// <summary>Where an optimizer's time went.</summary>
/// <param name="Optimizer">The optimizer, such as <c>muon</c>; <c>gate</c> for the check and the norm of all gradients.</param>
/// <param name="Stage">The part of its update.</param>
/// <param name="Calls">Updates that were measured.</param>
/// <param name="Elapsed">Their time. Where matrices run one a worker, each part has its share of the workers' time.</param>
/// <param name="Flops">FLOPs of matrices: orthogonalization, or statistics and bases; elementwise arithmetic counts nothing.</param>
/// <param name="Bytes">Bytes that had to move at least once.</param>
public sealed record StageTime(string Optimizer, string Stage, long Calls, TimeSpan Elapsed, double Flops, double Bytes);
