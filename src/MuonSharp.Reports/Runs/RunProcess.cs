using System.Diagnostics;
using System.Globalization;
using MuonSharp.Training;

namespace MuonSharp.Reports;

/// <summary>The process that trains a run on this machine: whether it is there, and its memory each time somebody looked.</summary>
/// <param name="folder">The run folder.</param>
internal sealed class RunProcess(RunFolder folder)
{
    private const int MostLooks = 2000;
    private const double Mebibyte = 1 << 20;

    private static readonly TimeSpan s_clockError = TimeSpan.FromSeconds(2);

    private readonly List<double> _steps = [];
    private readonly List<double> _mebibytes = [];

    /// <summary>Its number; null while nobody trains.</summary>
    public int? Id { get; private set; }

    /// <summary>Whether somebody trained when it was looked at last.</summary>
    public bool IsAlive => Id is not null;

    /// <summary>Steps done at each look.</summary>
    public IReadOnlyList<double> Steps => _steps;

    /// <summary>Memory in MiB at each look.</summary>
    public IReadOnlyList<double> Mebibytes => _mebibytes;

    /// <summary>Looks at the process.</summary>
    /// <param name="step">Steps done.</param>
    /// <param name="goesOn">Whether the run has not ended; of one that has, nothing is noted.</param>
    public void Look(long step, bool goesOn)
    {
        Id = null;
        try
        {
            FileInfo holder = new(Path.Combine(folder.Path, ".lock.holder"));
            if (!goesOn || !holder.Exists || !int.TryParse(File.ReadAllText(holder.FullName).AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int id))
            {
                return;
            }

            using var process = Process.GetProcessById(id);
            if (process.HasExited || process.StartTime.ToUniversalTime() > holder.LastWriteTimeUtc + s_clockError)
            {
                // The trainer was killed, and its number is another process's now.
                return;
            }

            Id = id;
            Note(step, process.WorkingSet64 / Mebibyte);
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException or IOException or UnauthorizedAccessException or System.ComponentModel.Win32Exception)
        {
            // Gone meanwhile, or somebody else's: nothing is known of it.
        }
    }

    /// <summary>One look a step; where they are many, every second one goes.</summary>
    private void Note(long step, double mebibytes)
    {
        if (_steps.Count > 0 && _steps[^1] >= step)
        {
            return;
        }

        if (_steps.Count == MostLooks)
        {
            for (int i = MostLooks - 1; i >= 0; i -= 2)
            {
                _steps.RemoveAt(i);
                _mebibytes.RemoveAt(i);
            }
        }

        _steps.Add(step);
        _mebibytes.Add(mebibytes);
    }
}
