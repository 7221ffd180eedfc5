namespace MuonSharp.Training.Tests.Checkpoints;

/// <summary>The process is gone: nothing may catch this, and nothing more reaches the file system.</summary>
internal sealed class SimulatedKill() : Exception("killed");
