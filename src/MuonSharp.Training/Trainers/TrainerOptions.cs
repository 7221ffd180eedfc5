namespace MuonSharp.Training;

/// <summary>What a <see cref="Trainer"/> takes from its surroundings; none of it changes a result.</summary>
public sealed record TrainerOptions
{
    /// <summary>The clock of durations.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
