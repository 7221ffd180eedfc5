using System.Diagnostics;

namespace MuonSharp.Peers;

/// <summary>Measures work: calls to warm up, then the median of calls.</summary>
internal static class WorkTimer
{
    private const int FewestCalls = 3;
    private static readonly TimeSpan s_warmup = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_measured = TimeSpan.FromMilliseconds(1500);

    /// <summary>Milliseconds of a call, and how many there were.</summary>
    /// <param name="work">The work.</param>
    /// <param name="quick">Whether a trial is enough: a call to warm up, and one or as many as a third of the time holds.</param>
    public static (double Milliseconds, int Calls) Measure(IWork work, bool quick)
    {
        TimeSpan warmup = TimeSpan.Zero, whole = TimeSpan.Zero;
        while (warmup == TimeSpan.Zero || (!quick && warmup < s_warmup))
        {
            warmup += Call(work);
        }

        List<double> times = [];
        while (times.Count < (quick ? 1 : FewestCalls) || whole < (quick ? s_measured / 3 : s_measured))
        {
            TimeSpan time = Call(work);
            whole += time;
            times.Add(time.TotalMilliseconds);
        }

        return (Median(times), times.Count);
    }

    /// <summary>The middle value; of an even number, the mean of the two in the middle.</summary>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static TimeSpan Call(IWork work)
    {
        long start = Stopwatch.GetTimestamp();
        work.Run();
        return Stopwatch.GetElapsedTime(start);
    }
}
