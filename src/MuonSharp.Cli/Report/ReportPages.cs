using MuonSharp.Formats;
using MuonSharp.Training;

namespace MuonSharp.Cli.Report;

/// <summary>Keeps the page of a run that is going on: written at every evaluation and at the end. A page that cannot be written is a note, never the end of the run.</summary>
/// <param name="folder">The run folder; null for a run without one, which has no page.</param>
internal sealed class ReportPages(string? folder) : IDisposable
{
    private RunReport? _report;
    private bool _told;

    /// <summary>Writes the page if it is time.</summary>
    /// <param name="happened">What happened in the run.</param>
    /// <returns>What to say; null: nothing. The same trouble is told once.</returns>
    public NoticeEvent? After(TrainingEvent happened) => happened is EvaluationEvent or EndEvent ? Write(happened.Step) : null;

    /// <summary>Writes the page.</summary>
    public NoticeEvent? Write(long step)
    {
        try
        {
            if (folder is not null)
            {
                _report ??= new(folder);
                _report.Write();
            }

            return null;
        }
        catch (Exception error) when (error is WriteFailedException or InvalidFileException)
        {
            NoticeEvent? note = _told ? null : new(step, $"no page of this run: {error.Message}");
            _told = true;
            return note;
        }
    }

    /// <summary>Closes the run's files.</summary>
    public void Dispose() => _report?.Dispose();
}
