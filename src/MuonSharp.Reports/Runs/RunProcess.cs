using System.Diagnostics;
using MuonSharp.Training;

namespace MuonSharp.Reports;

/// <summary>The process that trains a run: whether it is there, as far as this machine can tell.</summary>
/// <param name="folder">The run folder.</param>
internal sealed class RunProcess(RunFolder folder)
{
    private static readonly TimeSpan s_clockError = TimeSpan.FromSeconds(2);

    /// <summary>Who trains; null while nobody does. Of one on another machine it is not known whether it was killed.</summary>
    public RunHolder? Trainer { get; private set; }

    /// <summary>Looks at the process.</summary>
    /// <param name="goesOn">Whether the run has not ended.</param>
    public void Look(bool goesOn) => Trainer = goesOn && RunHolder.Read(folder.Path) is { } holder && (!holder.IsHere || IsAlive(holder)) ? holder : null;

    private bool IsAlive(RunHolder holder)
    {
        try
        {
            // After a kill its number may be another process's.
            using var process = Process.GetProcessById(holder.ProcessId);
            return !process.HasExited && process.StartTime.ToUniversalTime() <= File.GetLastWriteTimeUtc(Path.Combine(folder.Path, RunHolder.FileName)) + s_clockError;
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException or IOException or UnauthorizedAccessException or System.ComponentModel.Win32Exception)
        {
            // Gone meanwhile, or somebody else's: nothing is known of it.
            return false;
        }
    }
}
