using System.Diagnostics;

namespace MuonSharp.Nn;

/// <summary>The time of each operation of a tape, summed over runs.</summary>
/// <remarks>Two readings of the clock an operation; measuring allocates nothing, reading the sums does.</remarks>
public sealed class TapeProfile
{
    private readonly IReadOnlyList<OperationPlan> _plans;
    private readonly long[][] _ticks;
    private readonly long[][] _calls;

    internal TapeProfile(IReadOnlyList<OperationPlan> plans)
    {
        _plans = plans;
        _ticks = [new long[plans.Count], new long[plans.Count]];
        _calls = [new long[plans.Count], new long[plans.Count]];
    }

    /// <summary>The sums so far: forward in the order of the tape, then backward in reverse; operations that are alike are one entry. What is
    /// computed again counts as forward.</summary>
    public IReadOnlyList<OperationTime> Operations() =>
        [.. Sums(backward: false), .. Sums(backward: true).Reverse()];

    /// <summary>Forgets what was measured.</summary>
    public void Reset()
    {
        foreach (long[] counts in (long[][])[.. _ticks, .. _calls])
        {
            Array.Clear(counts);
        }
    }

    internal void Add(int operation, bool backward, long start)
    {
        int direction = backward ? 1 : 0;
        _ticks[direction][operation] += Stopwatch.GetTimestamp() - start;
        _calls[direction][operation]++;
    }

    private IEnumerable<OperationTime> Sums(bool backward)
    {
        (long[]? ticks, long[]? calls) = (_ticks[backward ? 1 : 0], _calls[backward ? 1 : 0]);
        return Enumerable.Range(0, _plans.Count).Where(i => calls[i] > 0)
            .GroupBy(i => (_plans[i].Operation.Name, _plans[i].Operation.Shape))
            .Select(alike => new OperationTime(
                alike.Key.Name,
                alike.Key.Shape,
                backward,
                alike.Sum(i => calls[i]),
                Stopwatch.GetElapsedTime(0, alike.Sum(i => ticks[i])),
                new OperationWork(alike.Sum(i => calls[i] * Work(i).Flops), alike.Sum(i => calls[i] * Work(i).Bytes))));

        OperationWork Work(int i) => _plans[i].Operation.Work(_plans[i], backward);
    }
}

/// <summary>Where time went: the operations of one name and shape, forward or backward, taken together.</summary>
/// <param name="Name">The operation's <see cref="Operation.Name"/>.</param>
/// <param name="Shape">The operation's <see cref="Operation.Shape"/>.</param>
/// <param name="Backward">Whether it is the backward run.</param>
/// <param name="Calls">Runs that were measured.</param>
/// <param name="Elapsed">Their time.</param>
/// <param name="Work">What they did.</param>
public sealed record OperationTime(string Name, string Shape, bool Backward, long Calls, TimeSpan Elapsed, OperationWork Work);
