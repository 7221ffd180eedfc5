using System.Collections.Immutable;
using MuonSharp.Distributed;
using MuonSharp.Nn;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>Statistics that runs move, such as batch norm's: every rank takes in what the micro-batches of all ranks have left, in their order, as one process does.</summary>
/// <remarks>Memory and bytes sent to each rank in a step: what a run leaves, times the micro-batches. Allocates nothing after its making.</remarks>
internal sealed class RankStatistics : IDisposable
{
    private readonly ImmutableArray<IRunStatistics> _statistics;
    private readonly ICollectives _ranks;
    private readonly int _runLength;
    private readonly int[] _counts;
    private readonly byte[] _runs;

    /// <summary>Statistics of a task; from now on its runs move nothing by themselves.</summary>
    public RankStatistics(IReadOnlyList<IRunStatistics> statistics, ICollectives ranks, int microBatches)
    {
        (_statistics, _ranks) = ([.. statistics], ranks);
        _runLength = _statistics.Sum(static one => one.RunLength);
        _counts = [.. Enumerable.Range(0, ranks.Size).Select(rank => GradientExchange.LeavesOf(microBatches, rank, ranks.Size)).Select(share => checked((share.End - share.First) * _runLength))];
        _runs = new byte[checked(microBatches * _runLength)];
        Hold(true);
    }

    /// <summary>Keeps what the run of a micro-batch has left.</summary>
    public void Keep(int microBatch)
    {
        Span<byte> run = _runs.AsSpan(microBatch * _runLength, _runLength);
        foreach (IRunStatistics one in _statistics)
        {
            one.ReadRun(run[..one.RunLength]);
            run = run[one.RunLength..];
        }
    }

    /// <summary>Takes in the runs of all ranks.</summary>
    public void Share()
    {
        if (_runLength == 0)
        {
            return;
        }

        _ranks.AllGather(_runs.AsSpan(), _counts);
        ReadOnlySpan<byte> runs = _runs;
        while (runs.Length > 0)
        {
            foreach (IRunStatistics one in _statistics)
            {
                one.TakeRun(runs[..one.RunLength]);
                runs = runs[one.RunLength..];
            }
        }
    }

    /// <summary>Runs move their statistics again.</summary>
    public void Dispose() => Hold(false);

    private void Hold(bool holds)
    {
        foreach (IRunStatistics one in _statistics)
        {
            one.HoldsRuns = holds;
        }
    }
}
