namespace MuonSharp.Training;

/// <summary>Another trainer owns the run folder.</summary>
public sealed class RunLockedException : Exception
{
    /// <summary>Creates the exception for one folder.</summary>
    /// <param name="folder">The run folder.</param>
    /// <param name="processId">The process that owns it; null if it cannot be told.</param>
    /// <param name="innerException">What the operating system said.</param>
    public RunLockedException(string folder, int? processId, Exception? innerException = null)
        : base($"[run] {folder}: one trainer may own a run folder; {Holder(processId)} does already", innerException)
    {
        Folder = folder;
        ProcessId = processId;
    }

    /// <summary>The run folder.</summary>
    public string Folder { get; }

    /// <summary>The process that owns it; null if it cannot be told.</summary>
    public int? ProcessId { get; }

    private static string Holder(int? processId) => processId switch
    {
        null => "another process",
        _ when processId == Environment.ProcessId => $"this process ({processId})",
        _ => $"process {processId}",
    };
}
