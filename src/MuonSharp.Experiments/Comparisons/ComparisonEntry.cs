using MuonSharp.Optimizers;
using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>One optimizer of a comparison, with everything about it decided but its best learning rate.</summary>
public sealed class ComparisonEntry
{
    private readonly ComparisonOptions _options;
    private readonly TrainingConfig _full;
    private readonly bool _byHand;

    internal ComparisonEntry(ComparisonOptions options, OptimizerChoice choice, TrainingConfig full)
    {
        (_options, _full, Choice, Recipe) = (options, full, choice, RecipeOfImages.Of(OptimizerDescriptors.Find(choice.Name)!, full));
        IReadOnlyList<double>? rates = options.LearningRates.GetValueOrDefault(choice.Label);
        _byHand = rates is not null;
        TrainingConfig standard = Compose(rate: null).Build();
        bool set = rates is null && standard.OriginOf(ConfigKeys.Find(ComparisonOptions.RateKey)!).Source == ConfigSource.Option;
        double middle = set ? standard.Optimizer.EffectiveLearningRate : Recipe.LearningRate ?? standard.Optimizer.EffectiveLearningRate;
        Swept = rates is null && !set;
        LearningRates = rates?.Distinct().ToList() ?? (set ? [middle] : LearningRateSweep.Around(middle));
    }

    /// <summary>The optimizer and its own settings.</summary>
    public OptimizerChoice Choice { get; }

    /// <summary>What outputs call it.</summary>
    public string Label => Choice.Label;

    /// <summary>The recipe it is run by.</summary>
    public OptimizerRecipe Recipe { get; }

    /// <summary>The learning rates that are tried first.</summary>
    public IReadOnlyList<double> LearningRates { get; }

    /// <summary>Whether further rates may follow; false where the user gave them.</summary>
    public bool Swept { get; }

    /// <summary>The configuration of a run.</summary>
    /// <param name="learningRate">Peak learning rate of the hidden matrices.</param>
    /// <param name="steps">Its length.</param>
    /// <exception cref="ConfigurationException">It breaks rules; all are named.</exception>
    public TrainingConfig Config(double learningRate, int steps)
    {
        TrainingConfig config = Compose(learningRate).Build();
        return ConfiguredTask.Of(config).WithSteps(config, steps);
    }

    /// <summary>Preset, files, surroundings, recipe and its rate, settings, the choice's own settings; a rate that was given by hand goes over them.</summary>
    private TrainingConfigBuilder Compose(double? rate)
    {
        TrainingConfigBuilder builder = _options.Start(_full);
        ComparisonOptions.SetAll(builder, Recipe.Settings, ConfigOrigin.Comparison);
        string? value = rate is null ? null : LearningRateSweep.Text(rate.Value);
        if (value is not null)
        {
            builder.Set(ComparisonOptions.RateKey, value, ConfigOrigin.Comparison);
            _ = Recipe.OneRate ? builder.Set("optimizer.auxiliary.learningRate", value, ConfigOrigin.Comparison) : builder;
        }

        ConfigOrigin option = new(ConfigSource.Option, "--set");
        ComparisonOptions.SetAll(builder, _options.Settings, option);
        builder.Set("optimizer.name", Choice.Name, new(ConfigSource.Option, "--optimizers"));
        ComparisonOptions.SetAll(builder, Choice.Settings, new(ConfigSource.Option, "--optimizers"));
        return value is not null && _byHand ? builder.Set(ComparisonOptions.RateKey, value, new(ConfigSource.Option, "--learning-rates")) : builder;
    }
}

/// <summary>A run that a comparison needs.</summary>
/// <param name="Optimizer">Label of the optimizer.</param>
/// <param name="Purpose">Why it is needed.</param>
/// <param name="LearningRate">Peak learning rate of the hidden matrices.</param>
/// <param name="Steps">Its length.</param>
/// <param name="Percent">Its length in percent of the full one.</param>
public sealed record ComparisonTask(string Optimizer, ComparisonPurpose Purpose, double LearningRate, int Steps, int Percent)
{
    /// <summary>Name of the run's folder: the same for the same task, so that it is found again.</summary>
    internal string FolderName
    {
        get
        {
            string label = string.Concat(Optimizer.Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' ? letter : '_'));
            return $"{label}-lr{LearningRateSweep.Text(LearningRate)}-steps{Steps}";
        }
    }
}

/// <summary>Why a comparison trains.</summary>
public enum ComparisonPurpose
{
    /// <summary>To find the best learning rate: a run of full length.</summary>
    Sweep,

    /// <summary>To find the least budget: a shorter run with a schedule of its own length, at the best learning rate.</summary>
    Budget,
}
