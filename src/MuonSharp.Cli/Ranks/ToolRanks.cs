using MuonSharp.Cli.Errors;
using MuonSharp.Distributed;
using MuonSharp.Training;

namespace MuonSharp.Cli.Ranks;

/// <summary>The tool as one of several processes that a launcher has started: it joins them, and when it cannot go on, all end.</summary>
internal sealed class ToolRanks : IDisposable
{
    /// <summary>Time for the first rank to say what all of them have to say.</summary>
    private static readonly TimeSpan s_firstSpeaks = TimeSpan.FromSeconds(2);

    private readonly MpiCollectives _collectives;

    private ToolRanks(MpiCollectives collectives) => _collectives = collectives;

    /// <summary>How they talk.</summary>
    public ICollectives Collectives => _collectives;

    /// <summary>Whether this process prints and writes.</summary>
    public bool Speaks => _collectives.Rank == 0;

    /// <summary>What a run tells of them.</summary>
    public string Description =>
        $"{_collectives.Size} ranks over {_collectives.Engine} (threads: {_collectives.ThreadLevel}), each {(Threads == 1 ? "1 thread" : $"{Threads} threads")}; a collective may take {_collectives.Timeout.TotalSeconds:0.#} s";

    /// <summary>Threads of this rank: the cores that the launcher has given it or, where it has given all to all, an equal share of them.</summary>
    public static int Threads
    {
        get
        {
            int usable = Environment.ProcessorCount;
            return Launcher.Detect() is { LocalSize: > 1 and { } local } && usable >= OnlineCores() ? Math.Max(1, usable / local) : usable;
        }
    }

    /// <summary>Joins the ranks; null where no launcher started this process, or this process alone.</summary>
    /// <param name="timeout">How long a collective may take.</param>
    public static ToolRanks? Join(TimeSpan timeout)
    {
        return Launcher.Detect() is null ? null : new ToolRanks(MpiCollectives.Initialize(timeout));
    }

    /// <summary>Ends all ranks because this one cannot go on; returns only where all of them have come to the same end by themselves.</summary>
    public int End(Exception error)
    {
        if (error is DivergedException)
        {
            // From the same numbers on every rank.
            return Speaks ? ErrorReport.Write(error) : ExitCode.Diverged;
        }

        if (error is CollectiveException { IsOfAnotherRank: true })
        {
            // The rank that knows why says it, and ends this process.
            Thread.Sleep(3 * s_firstSpeaks);
        }
        else if (!Speaks)
        {
            // What is wrong with the command line or the data is wrong on every rank: the first one says it, and ends this process.
            Thread.Sleep(s_firstSpeaks);
        }

        int code = ErrorReport.Write(error);
        _collectives.Abort(Speaks ? string.Empty : $"muonsharp: that was rank {_collectives.Rank} on {Environment.MachineName}", code);
        return code;
    }

    /// <inheritdoc/>
    public void Dispose() => _collectives.Dispose();

    private static int OnlineCores()
    {
        const string Present = "/proc/cpuinfo";
        return File.Exists(Present) ? File.ReadLines(Present).Count(static line => line.StartsWith("processor", StringComparison.Ordinal)) : Environment.ProcessorCount;
    }
}
