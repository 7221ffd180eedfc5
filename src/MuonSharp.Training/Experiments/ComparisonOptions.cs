namespace MuonSharp.Training;

/// <summary>What is compared, and on what.</summary>
/// <remarks>
/// Every run's configuration is composed in this order, the later winning: <see cref="Preset"/>, <see cref="Files"/>, the optimizer's
/// recipe, <see cref="Settings"/>, the choice's own settings. Unless <see cref="Settings"/> say otherwise QK-clip is off, no text is
/// sampled, and there are twenty evaluations in a run of full length.
/// </remarks>
public sealed record ComparisonOptions
{
    /// <summary>The optimizers, at least two; the first one's final loss is what the others are measured by.</summary>
    public required IReadOnlyList<OptimizerChoice> Optimizers { get; init; }

    /// <summary>The preset to start from; null: the one that a file names, or the default.</summary>
    public string? Preset { get; init; }

    /// <summary>Paths of JSON files with keys.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>Keys and values for every run.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Settings { get; init; } = [];

    /// <summary>Learning rates to try, by label, instead of the sweep.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<double>> LearningRates { get; init; } = new Dictionary<string, IReadOnlyList<double>>(StringComparer.Ordinal);

    /// <summary>Lengths of the shorter runs in percent of the full one, each from 1 to 99.</summary>
    public IReadOnlyList<int> Budgets { get; init; } = [40, 50, 60, 70, 80];

    /// <summary>How steps are timed.</summary>
    public StepMeasurementOptions Measurement { get; init; } = new();

    /// <summary>Whether to time steps again where an earlier call has done so.</summary>
    public bool MeasureAgain { get; init; }

    /// <summary>Clock and files.</summary>
    public TrainerOptions Surroundings { get; init; } = new();
}
