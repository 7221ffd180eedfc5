namespace MuonSharp.Training;

/// <summary>A checkpoint was written; it is complete and on the disk.</summary>
/// <param name="Step">Number of steps done.</param>
/// <param name="Folder">The checkpoint's folder.</param>
public sealed record CheckpointEvent(long Step, string Folder) : TrainingEvent(Step);
