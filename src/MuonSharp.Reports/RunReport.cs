using MuonSharp.Formats;

namespace MuonSharp.Reports;

/// <summary>The page <c>report.html</c> of a training run: losses, rates, norms, samples and settings in one file that opens without a network.</summary>
/// <remarks>
/// <para>In one line: <c>RunReport.Write("runs/mine")</c>, during a run, after it, or of one that was killed.</para>
/// <para>Whoever writes it again and again keeps an instance, which reads only what the run has written since: a page then costs
/// the drawing (some ten milliseconds), however long the run.</para>
/// </remarks>
public sealed class RunReport : IDisposable
{
    /// <summary>Name of the page in a run folder.</summary>
    public const string FileName = "report.html";

    private readonly RunHistory _run;

    /// <summary>Reads a run.</summary>
    /// <param name="runFolder">The run folder.</param>
    /// <exception cref="InvalidFileException">There is no run, or its files cannot be read.</exception>
    public RunReport(string runFolder) => _run = new(runFolder);

    /// <summary>Path of the page: <c>report.html</c> in the run folder.</summary>
    public string File => Path.Combine(_run.Folder, FileName);

    /// <summary>Writes the page of a run into its folder, as a whole or not at all.</summary>
    /// <param name="runFolder">The run folder.</param>
    /// <returns>Path of the page.</returns>
    /// <exception cref="InvalidFileException">There is no run, or its files cannot be read.</exception>
    /// <exception cref="WriteFailedException">The disk is full or cannot be written.</exception>
    public static string Write(string runFolder)
    {
        using RunReport report = new(runFolder);
        return report.Write();
    }

    /// <summary>Writes one page of several runs, laid over each other, as a whole or not at all.</summary>
    /// <param name="runFolders">The run folders, at least one; of one the page is that of <see cref="Write(string)"/>.</param>
    /// <param name="file">Path of the page.</param>
    /// <exception cref="ArgumentException">There is no run folder.</exception>
    /// <exception cref="InvalidFileException">One of them holds no run, or its files cannot be read.</exception>
    /// <exception cref="WriteFailedException">The disk is full or cannot be written.</exception>
    public static void Write(IReadOnlyList<string> runFolders, string file)
    {
        if (runFolders.Count == 0)
        {
            throw new ArgumentException("[report] at least one run folder is needed; none came", nameof(runFolders));
        }

        List<RunHistory> runs = [];
        try
        {
            foreach (string folder in runFolders)
            {
                runs.Add(new(folder));
            }

            foreach (RunHistory run in runs.GroupBy(run => run.Name, StringComparer.Ordinal).Where(group => group.Count() > 1).SelectMany(group => group).ToList())
            {
                run.Name = run.Folder;
            }

            Page.Write(file, RunPage.Text(runs));
        }
        finally
        {
            runs.ForEach(run => run.Dispose());
        }
    }

    /// <summary>Reads what the run has written since the last page, and writes the page again.</summary>
    /// <returns>Path of the page.</returns>
    /// <exception cref="InvalidFileException">A file of the run cannot be read.</exception>
    /// <exception cref="WriteFailedException">The disk is full or cannot be written.</exception>
    public string Write()
    {
        _run.Read();
        Page.Write(File, RunPage.Text([_run]));
        return File;
    }

    /// <summary>Closes the run's files.</summary>
    public void Dispose() => _run.Dispose();
}
