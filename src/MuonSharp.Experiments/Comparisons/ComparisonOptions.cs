using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>What is compared, and on what.</summary>
/// <remarks>
/// Every run's configuration is composed in this order, the later winning: preset, files, the optimizer's
/// recipe, settings, the choice's own settings. Unless settings say otherwise QK-clip is off, no text is
/// sampled, and there are twenty evaluations in a run of full length, eight where it is one of images.
/// </remarks>
public sealed record ComparisonOptions : ExperimentOptions
{
    /// <summary>The optimizers, at least two; the first one's final loss is what the others are measured by.</summary>
    public required IReadOnlyList<OptimizerChoice> Optimizers { get; init; }

    /// <summary>Learning rates to try, by label, instead of the sweep.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<double>> LearningRates { get; init; } = new Dictionary<string, IReadOnlyList<double>>(StringComparer.Ordinal);

    /// <summary>Lengths of the shorter runs in percent of the full one, each from 1 to 99.</summary>
    public IReadOnlyList<int> Budgets { get; init; } = [40, 50, 60, 70, 80];

    /// <summary>How steps are timed; null: as is usual for what is trained.</summary>
    public StepMeasurementOptions? Measurement { get; init; }

    /// <summary>Whether to time steps again where an earlier call has done so.</summary>
    public bool MeasureAgain { get; init; }

    /// <summary>The key of the hidden matrices' learning rate.</summary>
    internal const string RateKey = "optimizer.learningRate";

    private const int Evaluations = 20;

    /// <summary>Evaluations of a run of images: each looks at all held-out images, a sixth of a data set as the usual ones are.</summary>
    private const int EvaluationsOfImages = 8;

    /// <summary>What the optimizers' configurations start from: without recipes and choices.</summary>
    /// <remarks>A folder's name and what may be added to it depend on this one, so it must not follow the optimizers, and stays as it is.</remarks>
    /// <exception cref="ConfigurationException">Something is wrong; all of it is listed.</exception>
    internal TrainingConfig BaseConfig()
    {
        TrainingConfigBuilder builder = Start(full: null);
        SetAll(builder, Settings, new(ConfigSource.Option, "--set"));
        return builder.Build();
    }

    /// <summary>Preset, files, and what a fair comparison sets: it changes the optimizer alone, so no clip of queries and keys, and nothing that only takes time.</summary>
    /// <param name="full">What a full run is, which the number of evaluations follows; null: as configured.</param>
    internal TrainingConfigBuilder Start(TrainingConfig? full)
    {
        TrainingConfigBuilder builder = Begin().Set("qkClip.tau", "off", ConfigOrigin.Comparison);
        return full is { Train.Steps: var steps, Image.Network: var network }
            ? builder.Set("evaluate.every", $"{Math.Max(1, steps / (network is null ? Evaluations : EvaluationsOfImages))}", ConfigOrigin.Comparison) : builder;
    }
}
