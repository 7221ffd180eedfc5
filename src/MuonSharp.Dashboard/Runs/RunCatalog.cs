using MuonSharp.Formats;
using MuonSharp.Training;

namespace MuonSharp.Dashboard.Runs;

/// <summary>The runs below some folders, found again at every look; those that somebody reads stay open.</summary>
/// <param name="places">Run folders, and folders of run folders.</param>
internal sealed class RunCatalog(IReadOnlyList<string> places) : IDisposable
{
    private const int MostRuns = 500;

    private readonly Dictionary<string, LiveRun> _open = new(StringComparer.Ordinal);

    /// <summary>Held by whoever reads runs: their histories are shared by all views.</summary>
    public Lock Gate { get; } = new();

    /// <summary>All runs that there are now, by name; each name is there once.</summary>
    public IReadOnlyList<FoundRun> Find()
    {
        RunFolder[] folders = [.. places.SelectMany(Below).DistinctBy(run => Path.GetFullPath(run.Path), StringComparer.Ordinal).Take(MostRuns)];
        return
        [
            .. folders.GroupBy(NameOf, StringComparer.Ordinal)
                .SelectMany(alike => alike.Select(run => new FoundRun(alike.Count() == 1 ? alike.Key : Path.GetFullPath(run.Path), run, Written(run))))
                .OrderBy(run => run.Name, StringComparer.Ordinal),
        ];
    }

    /// <summary>A run, with what was written since the last look.</summary>
    /// <returns>Null if it cannot be read, or is one no more.</returns>
    public LiveRun? Read(FoundRun run)
    {
        if (!_open.TryGetValue(run.Folder.Path, out LiveRun? live))
        {
            _open[run.Folder.Path] = live = new(run.Folder.Path);
        }

        return live.Read(run.Name) ? live : null;
    }

    /// <summary>Closes the runs that nobody looks at.</summary>
    /// <param name="folders">Those that somebody does.</param>
    public void Keep(IReadOnlySet<string> folders)
    {
        foreach ((string folder, LiveRun run) in _open.Where(each => !folders.Contains(each.Key)).ToList())
        {
            run.Dispose();
            _open.Remove(folder);
        }
    }

    /// <summary>Closes all.</summary>
    public void Dispose()
    {
        lock (Gate)
        {
            Keep(new HashSet<string>(StringComparer.Ordinal));
        }
    }

    private static IEnumerable<RunFolder> Below(string place)
    {
        RunFolder run = new(place);
        try
        {
            return run.HoldsRun ? [run] : !Directory.Exists(place) ? []
                : [.. Directory.EnumerateDirectories(place).Select(folder => new RunFolder(folder)).Where(each => each.HoldsRun).OrderByDescending(Written)];
        }
        catch (Exception error) when (InvalidFileException.IsUnreadable(error))
        {
            return [];
        }
    }

    private static string NameOf(RunFolder run) => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(run.Path)));

    private static DateTime Written(RunFolder run) => File.GetLastWriteTimeUtc(File.Exists(run.MetricsPath) ? run.MetricsPath : run.ConfigPath);
}

/// <summary>A run that is there.</summary>
/// <param name="Name">What the page calls it: the folder's name, or its whole path where several have one name.</param>
/// <param name="Folder">Its folder.</param>
/// <param name="Written">When it was written to last.</param>
internal sealed record FoundRun(string Name, RunFolder Folder, DateTime Written);
