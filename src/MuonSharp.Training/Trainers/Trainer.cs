namespace MuonSharp.Training;

/// <summary>Trains a model: from a configuration to a run folder, or in memory only.</summary>
public sealed class Trainer : IDisposable
{
    /// <summary>Consecutive skipped steps that stop a run.</summary>
    public const int SkippedStepsToStop = 10;

    private Trainer(TrainingConfig config, string? runFolder) => (Config, RunFolder) = (config, runFolder);

    /// <summary>The effective configuration.</summary>
    public TrainingConfig Config { get; }

    /// <summary>Path of the run folder; null when the run lives in memory only.</summary>
    public string? RunFolder { get; }

    /// <summary>Steps done so far.</summary>
    public long Step { get; private set; }

    /// <summary>What the trainer is about to do.</summary>
    public TrainerDescription Description => throw new NotSupportedException();

    /// <summary>A trainer for a new run.</summary>
    /// <param name="config">A sound configuration.</param>
    /// <param name="runFolder">Where the run is kept; null: nowhere, nothing is written.</param>
    /// <param name="options">Its surroundings.</param>
    public static Trainer Create(TrainingConfig config, string? runFolder = null, TrainerOptions? options = null) =>
        new(config, runFolder);

    /// <summary>A trainer that takes a run up at its newest sound checkpoint.</summary>
    /// <param name="runFolder">A run folder.</param>
    /// <param name="config">The run's configuration with some changes; null: as it is.</param>
    /// <param name="options">Its surroundings.</param>
    public static Trainer Resume(string runFolder, TrainingConfig? config = null, TrainerOptions? options = null) =>
        new(config ?? new(), runFolder);

    /// <summary>Trains to the end and hands out what happens.</summary>
    /// <param name="cancellation">Asks to finish the step, write a checkpoint and end with <see cref="TrainingOutcome.Cancelled"/>.</param>
    public IAsyncEnumerable<TrainingEvent> RunAsync(CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
