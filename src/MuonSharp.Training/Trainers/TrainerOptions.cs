namespace MuonSharp.Training;

/// <summary>What a <see cref="Trainer"/> takes from its surroundings; none of it changes a result.</summary>
public sealed record TrainerOptions
{
    /// <summary>The clock of durations. Default: the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How the run folder is written. Default: the file system itself.</summary>
    public IFileOperations Files { get; init; } = FileOperations.Instance;

    /// <summary>Whether <see cref="Trainer.Profile"/> measures where the time of steps goes. Default: no, and then nothing is measured.</summary>
    public bool Profile { get; init; }
}
