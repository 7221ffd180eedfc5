using System.Diagnostics;
using System.Globalization;
using MuonSharp.Distributed;

namespace MuonSharp.Cli.Doctor;

/// <summary>The other process of <see cref="MpiSearch"/>, and the ranks of its test.</summary>
internal static class MpiProbe
{
    /// <summary>The hidden option that makes this process one.</summary>
    public const string Option = "--mpi-probe";

    public const string Look = "look";
    public const string Test = "test";

    public const string Tried = "tried";
    public const string Library = "library";
    public const string Version = "version";
    public const string Threads = "threads";
    public const string Latency = "latency";
    public const string Bandwidth = "bandwidth";

    private const int SmallSums = 2000;
    private const int LargeSums = 10;
    private const int LargeLength = 4 << 20;
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(20);

    /// <summary>Does its part.</summary>
    public static int Run(string part) => part == Test ? Measure() : Search();

    private static int Search()
    {
        Say(Tried, string.Join(' ', MpiCollectives.LibraryNames));
        if (!MpiCollectives.TryFind(out string library, out string version))
        {
            return ExitCode.MissingEnvironment;
        }

        Say(Library, library);
        Say(Version, version);
        using var alone = MpiCollectives.Initialize(s_timeout);
        Say(Threads, alone.ThreadLevel);
        return ExitCode.Done;
    }

    private static int Measure()
    {
        using var ranks = MpiCollectives.Initialize(s_timeout);
        ranks.Activity = "the test";
        long[] one = [ranks.Rank + 1];
        ranks.AllReduce(one, Reduction.Sum);
        float[] large = new float[LargeLength];
        Array.Fill(large, ranks.Rank + 1);
        ranks.AllReduce(large, Reduction.Sum);
        float expected = ranks.Size * (ranks.Size + 1) / 2;
        if (one[0] != (long)expected || Array.Exists(large, value => value != expected))
        {
            ranks.Abort($"muonsharp: [mpi] a sum over {ranks.Size} ranks is wrong", ExitCode.MissingEnvironment);
        }

        double latency = double.PositiveInfinity, seconds = double.PositiveInfinity;
        for (int i = 0; i < SmallSums; i++)
        {
            latency = Math.Min(latency, Seconds(ranks, static (ranks, one, _) => ranks.AllReduce(one, Reduction.Max), one, large));
        }

        for (int i = 0; i < LargeSums; i++)
        {
            seconds = Math.Min(seconds, Seconds(ranks, static (ranks, _, large) => ranks.AllReduce(large, Reduction.Max), one, large));
        }

        if (ranks.Rank == 0)
        {
            Say(Latency, (1e6 * latency).ToString("R", CultureInfo.InvariantCulture));
            Say(Bandwidth, (sizeof(float) * (double)LargeLength / seconds / 1e9).ToString("R", CultureInfo.InvariantCulture));
        }

        return ExitCode.Done;
    }

    private static double Seconds(ICollectives ranks, Action<ICollectives, long[], float[]> call, long[] one, float[] large)
    {
        long start = Stopwatch.GetTimestamp();
        call(ranks, one, large);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static void Say(string name, string value)
    {
        Console.Out.WriteLine($"{name}\t{value}");
        Console.Out.Flush();
    }
}
