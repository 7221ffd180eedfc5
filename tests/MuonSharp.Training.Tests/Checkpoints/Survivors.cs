namespace MuonSharp.Training.Tests.Checkpoints;

/// <summary>Which changes of directories that were not flushed a power failure happens to leave on the disk.</summary>
internal enum Survivors
{
    /// <summary>None of them.</summary>
    Nothing,

    /// <summary>All of them.</summary>
    Everything,

    /// <summary>Those of files, but no creation, renaming or deletion of a directory.</summary>
    FilesOnly,
}
