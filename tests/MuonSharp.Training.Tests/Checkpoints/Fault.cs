namespace MuonSharp.Training.Tests.Checkpoints;

/// <summary>What happens at the chosen file operation.</summary>
public enum Fault
{
    /// <summary>The process dies just before it (a write: half-way through).</summary>
    Kill,

    /// <summary>The operation alone fails, a write after half of its bytes; later ones work.</summary>
    FailOnce,

    /// <summary>The disk is full: it and all later writes fail; renaming and deleting work.</summary>
    DiskFull,
}
