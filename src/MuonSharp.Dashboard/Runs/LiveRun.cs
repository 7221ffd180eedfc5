using MuonSharp.Formats;
using MuonSharp.Reports;
using MuonSharp.Training;

namespace MuonSharp.Dashboard.Runs;

/// <summary>A run that somebody looks at: its history, read on from where the last look ended.</summary>
/// <param name="folder">The run folder.</param>
internal sealed class LiveRun(string folder) : IDisposable
{
    private static long s_looks;

    private (DateTime, DateTime) _trainer;
    private (long Length, DateTime Evaluated, RunHolder? Trainer) _seen;

    /// <summary>The run folder.</summary>
    public string Folder => folder;

    /// <summary>What is known; not null once <see cref="Read"/> was true.</summary>
    public RunHistory? History { get; private set; }

    /// <summary>Number of the look that found something new; no two looks at any runs have the same.</summary>
    public long Revision { get; private set; }

    /// <summary>Whether a process of this machine trains it.</summary>
    public bool IsInProgress => History?.Process?.Trainer is { IsHere: true };

    /// <summary>Reads what was written since.</summary>
    /// <param name="name">What the page calls the run.</param>
    /// <returns>Whether there is a run that can be read.</returns>
    public bool Read(string name)
    {
        try
        {
            RunFolder run = new(folder);
            // Another trainer may have other settings: then all is read anew.
            (DateTime, DateTime) trainer = (File.GetLastWriteTimeUtc(run.ConfigPath), File.GetLastWriteTimeUtc(Path.Combine(folder, RunHolder.FileName)));
            if (History is null || trainer != _trainer)
            {
                History?.Dispose();
                History = null;
                History = new(folder);
                _trainer = trainer;
                _seen = default;
            }

            History.Name = name;
            FileInfo metrics = new(run.MetricsPath);
            (long Length, DateTime Evaluated, RunHolder? Trainer) seen = (metrics.Exists ? metrics.Length : 0, File.GetLastWriteTimeUtc(Path.Combine(folder, ImageEvaluation.FileName)), null);
            if ((seen.Length, seen.Evaluated) != (_seen.Length, _seen.Evaluated))
            {
                History.Read();
            }

            // A trainer that is killed writes nothing.
            History.LookAtProcess();
            seen.Trainer = History.Process!.Trainer;
            if (seen != _seen)
            {
                _seen = seen;
                Revision = Interlocked.Increment(ref s_looks);
            }

            return true;
        }
        catch (InvalidFileException)
        {
            return false;
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => History?.Dispose();
}
