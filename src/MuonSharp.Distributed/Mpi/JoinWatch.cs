namespace MuonSharp.Distributed;

/// <summary>Ends this process where the library does not come back from joining or leaving: those calls cannot be asked how far they are.</summary>
internal sealed class JoinWatch : IDisposable
{
    /// <summary>Many processes of a large job start one after the other, on machines that are still reading the program.</summary>
    private static readonly TimeSpan s_least = TimeSpan.FromSeconds(60);

    private readonly Timer _timer;

    /// <summary>Begins to watch.</summary>
    /// <param name="problem">What is said when the time is up: what has not happened.</param>
    /// <param name="timeout">How long a collective may take; joining and leaving have a minute at least.</param>
    public JoinWatch(string problem, TimeSpan timeout)
    {
        TimeSpan time = timeout > s_least ? timeout : s_least;
        _timer = new Timer(
            _ =>
            {
                Console.Error.WriteLine($"[mpi] {Environment.MachineName}: {problem} within {time.TotalSeconds:0.#} s; another rank is dead, stopped, or was never started. This process ends");
                Console.Error.Flush();
                NativeSupport.EndNow(MpiCollectives.MissingRankCode);
            },
            null,
            time,
            Timeout.InfiniteTimeSpan);
    }

    /// <summary>The library has come back.</summary>
    public void Dispose() => _timer.Dispose();
}
