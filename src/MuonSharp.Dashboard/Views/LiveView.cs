using System.Diagnostics;
using MuonSharp.Dashboard.Runs;

namespace MuonSharp.Dashboard.Views;

/// <summary>What pages of one choice show, drawn again when its runs have written more, for all of its readers at once.</summary>
/// <param name="choice">The choice.</param>
/// <param name="catalog">The runs.</param>
/// <param name="interval">The least time between two looks.</param>
internal sealed class LiveView(ViewChoice choice, RunCatalog catalog, TimeSpan interval)
{
    /// <summary>Drawing takes at most this share of the time.</summary>
    private const int Rest = 20;

    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(10);

    private readonly Lock _turn = new();
    private ViewState? _state;
    private string _drawn = "";
    private long _looked;
    private TimeSpan _pause;

    /// <summary>The choice.</summary>
    public ViewChoice Choice => choice;

    /// <summary>How many read it.</summary>
    public int Readers { get; set; }

    /// <summary>Number of the departure of its latest reader that left.</summary>
    public long Left { get; set; }

    /// <summary>Folders of the runs that are shown.</summary>
    public IReadOnlyList<string> Folders { get; private set; } = [];

    /// <summary>Waits for a state other than one that a page has.</summary>
    /// <param name="after">The name of the page's state; null: the state now, whatever it is.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public async Task<ViewState> Next(string? after, CancellationToken cancellation)
    {
        while (true)
        {
            lock (_turn)
            {
                if (_state is null || Stopwatch.GetElapsedTime(_looked) >= _pause)
                {
                    Look();
                }

                if (_state!.Id != after)
                {
                    return _state;
                }
            }

            await Task.Delay(_pause, cancellation);
        }
    }

    /// <summary>The state now, looked at anew.</summary>
    public ViewState Last()
    {
        lock (_turn)
        {
            Look();
            return _state!;
        }
    }

    private void Look()
    {
        long start = Stopwatch.GetTimestamp();
        IReadOnlyList<string> before = Folders;
        lock (catalog.Gate)
        {
            IReadOnlyList<FoundRun> found = catalog.Find();
            LiveRun[] runs = [.. Chosen(found).Select(catalog.Read).OfType<LiveRun>()];
            Folders = [.. runs.Select(run => run.Folder)];
            string drawn = string.Join('\n', runs.Select(run => $"{run.Folder} {run.Revision}").Concat(found.Select(run => run.Name)));
            if (_state is null || drawn != _drawn)
            {
                _state = LivePage.Draw(choice, found, [.. runs.Select(run => run.History!)]);
                _drawn = drawn;
            }
        }

        // The first look at runs reads all that there is, the next ones what comes.
        _looked = Stopwatch.GetTimestamp();
        TimeSpan rest = !Folders.SequenceEqual(before) ? TimeSpan.Zero : Rest * Stopwatch.GetElapsedTime(start, _looked);
        _pause = rest < interval ? interval : rest > s_longestPause ? s_longestPause : rest;
    }

    /// <summary>With no choice the run that was written to last; but of several that are written to in turn the page stays with one until it ends.</summary>
    private IEnumerable<FoundRun> Chosen(IReadOnlyList<FoundRun> found)
    {
        if (choice.Runs.Count > 0)
        {
            return choice.Runs.Select(name => found.FirstOrDefault(run => run.Name == name)).OfType<FoundRun>();
        }

        FoundRun? followed = found.FirstOrDefault(run => Folders.Contains(run.Folder.Path));
        return followed is not null && catalog.Read(followed) is { IsInProgress: true } ? [followed] : found.OrderByDescending(run => run.Written).Take(1);
    }
}
