using System.Diagnostics;
using MuonSharp.Numerics;

namespace MuonSharp.Cli.Bench;

/// <summary>Measures cases: rounds of calls between two measurements of the peak, medians of the rounds.</summary>
/// <remarks>Other work on the machine slows a case and the peak alike, so a share is taken within a round, of the better of the peaks before and
/// after it; what disturbs one round does not move a median. What reads memory has the speed of reading an array beside it, the mean of before and after.</remarks>
internal sealed class BenchRunner(WorkerTeam team)
{
    private const int Rounds = 7;

    /// <summary>Rounds of cases whose calls take longer than <see cref="s_longCall"/>.</summary>
    private const int FewRounds = 3;

    /// <summary>Times that an array is read before and after a round.</summary>
    private const int Reads = 3;

    private static readonly TimeSpan s_warmup = TimeSpan.FromMilliseconds(180);
    private static readonly TimeSpan s_round = TimeSpan.FromMilliseconds(40);
    private static readonly TimeSpan s_longCall = TimeSpan.FromMilliseconds(500);

    /// <summary>Measures one case.</summary>
    public BenchResult Measure(BenchCase work)
    {
        TimeSpan longest = WarmUp(work);
        int rounds = longest > s_longCall ? FewRounds : Rounds;
        double[] milliseconds = new double[rounds], peaks = new double[rounds], bandwidths = new double[rounds];
        using BandwidthCase? memory = work.ReadsMemory ? new("read", team, BandwidthKind.Read) : null;
        work.Start();
        double before = Peak(), readBefore = Bandwidth(memory);
        for (int round = 0; round < rounds; round++)
        {
            milliseconds[round] = MedianCall(work);
            double after = Peak();
            peaks[round] = Math.Max(before, after);
            work.EndRound(peaks[round]);
            before = after;
            double readAfter = Bandwidth(memory);
            bandwidths[round] = (readBefore + readAfter) / 2;
            readBefore = readAfter;
        }

        double time = Median(milliseconds);
        var result = new BenchResult(work.Name, team.Threads, time) { Peak = Median(peaks) };
        if (work.Flops > 0)
        {
            double share = Math.Min(work.MostOfPeak, Median([.. milliseconds.Zip(peaks, (call, peak) => work.Flops / call / 1e6 / peak)]));
            result = result with { Gflops = work.Flops / time / 1e6, ShareOfPeak = share };
        }

        if (work.Bytes > 0)
        {
            result = result with { GigabytesPerSecond = work.Bytes / time / 1e6 };
        }

        if (work.ReadsMemory)
        {
            double share = Median([.. milliseconds.Zip(bandwidths, (call, bandwidth) => work.Bytes / call / 1e6 / bandwidth)]);
            result = result with { ShareOfBandwidth = share, Bandwidth = Median(bandwidths) };
        }

        return work.Complete(result);
    }

    /// <summary>The peak for the kernels' vectors, once.</summary>
    public double Peak() => FmaPeak.Measure(team, FmaPeak.KernelWidth);

    /// <summary>The middle value; of an even number, the mean of the two in the middle.</summary>
    public static double Median(double[] values)
    {
        double[] sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>Until the compiler has done what it does and memory has been touched.</summary>
    /// <returns>The time of the last call.</returns>
    private static TimeSpan WarmUp(BenchCase work)
    {
        long start = Stopwatch.GetTimestamp();
        TimeSpan last;
        do
        {
            last = Call(work);
        }
        while (Stopwatch.GetElapsedTime(start) < s_warmup);
        return last;
    }

    private static double MedianCall(BenchCase work)
    {
        var times = new List<double>();
        TimeSpan whole = TimeSpan.Zero;
        do
        {
            TimeSpan time = Call(work);
            whole += time;
            times.Add(time.TotalMilliseconds);
        }
        while (whole < s_round);
        return Median([.. times]);
    }

    /// <summary>How fast an array is read just now, 10⁹ bytes a second; 0 where nobody asks.</summary>
    private static double Bandwidth(BandwidthCase? memory) => memory is null ? 0 : memory.Bytes / Median([.. Enumerable.Range(0, Reads).Select(_ => Call(memory).TotalMilliseconds)]) / 1e6;

    private static TimeSpan Call(BenchCase work)
    {
        work.Prepare();
        long start = Stopwatch.GetTimestamp();
        work.Run();
        return Stopwatch.GetElapsedTime(start);
    }
}
