namespace MuonSharp.Training;

/// <summary>Checkpoints in the run folder: keys <c>checkpoint.*</c>.</summary>
public sealed record CheckpointSettings
{
    /// <summary>Steps between checkpoints; the last step is always followed by one. -1: only then, and when a run is cancelled.</summary>
    public int Every { get; init; } = 250;

    /// <summary>Newest checkpoints kept; older ones are deleted. At least 1; 2 or more allow falling back from a damaged one.</summary>
    public int Keep { get; init; } = 2;
}
