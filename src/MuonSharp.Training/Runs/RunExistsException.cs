namespace MuonSharp.Training;

/// <summary>A new run was to begin in a folder that already holds one.</summary>
public sealed class RunExistsException : Exception
{
    /// <summary>Creates the exception for one folder.</summary>
    /// <param name="folder">The run folder.</param>
    public RunExistsException(string folder)
        : base($"[run] {folder}: a new run needs a folder without one; this one holds a run") => Folder = folder;

    /// <summary>The run folder.</summary>
    public string Folder { get; }
}
