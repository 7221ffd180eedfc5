using MuonSharp.Formats;
using MuonSharp.Training;

namespace MuonSharp.Dashboard.Runs;

/// <summary>The runs below some folders, found again at every look; those that somebody reads stay open.</summary>
/// <param name="places">Run folders, and folders of run folders.</param>
internal sealed class RunCatalog(IReadOnlyList<string> places) : IDisposable
{
    private const int MostRuns = 500;

    /// <summary>Runs of <c>reproduce</c> lie deepest: <c>runs/reproduce/NAME/GROUP/seed0/RUN</c>.</summary>
    private const int Depth = 5;

    /// <summary>Somebody may name a folder of much else.</summary>
    private const int MostFolders = 5000;

    private readonly Dictionary<string, LiveRun> _open = new(StringComparer.Ordinal);

    /// <summary>Held by whoever reads runs: their histories are shared by all views.</summary>
    public Lock Gate { get; } = new();

    /// <summary>All runs that there are now, by name; each name is there once.</summary>
    public IReadOnlyList<FoundRun> Find()
    {
        FoundRun[] runs = [.. places.SelectMany(Below).DistinctBy(run => Path.GetFullPath(run.Folder.Path), StringComparer.Ordinal).Take(MostRuns)];
        return
        [
            .. runs.GroupBy(run => run.Name, StringComparer.Ordinal)
                .SelectMany(alike => alike.Select(run => alike.Count() == 1 ? run : run with { Name = Path.GetFullPath(run.Folder.Path) }))
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

    /// <summary>The runs of a place, those that were written to last first; nothing is looked for inside of a run.</summary>
    private static IEnumerable<FoundRun> Below(string place)
    {
        if (new RunFolder(place) is { HoldsRun: true } run)
        {
            return [new(Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(place))), run, Written(run))];
        }

        List<FoundRun> found = [];
        Queue<(string Folder, int Depth)> ahead = new([(place, 0)]);
        for (int looked = 0; looked < MostFolders && ahead.TryDequeue(out (string Folder, int Depth) next); looked++)
        {
            foreach (RunFolder each in Inside(next.Folder))
            {
                if (each.HoldsRun)
                {
                    found.Add(new(Path.GetRelativePath(place, each.Path).Replace('\\', '/'), each, Written(each)));
                }
                else if (next.Depth + 1 < Depth)
                {
                    ahead.Enqueue((each.Path, next.Depth + 1));
                }
            }
        }

        return found.OrderByDescending(each => each.Written);
    }

    private static IReadOnlyList<RunFolder> Inside(string folder)
    {
        try
        {
            return Directory.Exists(folder) ? [.. Directory.EnumerateDirectories(folder).Select(each => new RunFolder(each))] : [];
        }
        catch (Exception error) when (InvalidFileException.IsUnreadable(error))
        {
            return [];
        }
    }

    private static DateTime Written(RunFolder run) => File.GetLastWriteTimeUtc(File.Exists(run.MetricsPath) ? run.MetricsPath : run.ConfigPath);
}

/// <summary>A run that is there.</summary>
/// <param name="Name">What the page calls it: the folder's name, or its whole path where several have one name.</param>
/// <param name="Folder">Its folder.</param>
/// <param name="Written">When it was written to last.</param>
internal sealed record FoundRun(string Name, RunFolder Folder, DateTime Written);
