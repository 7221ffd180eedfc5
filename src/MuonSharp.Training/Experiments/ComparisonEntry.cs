namespace MuonSharp.Training;

/// <summary>One optimizer of a comparison, with everything about it decided but its best learning rate.</summary>
public sealed class ComparisonEntry
{
    private readonly ConfigComposition _composition;
    private readonly bool _byHand;

    internal ComparisonEntry(ConfigComposition composition, IReadOnlyList<double>? rates)
    {
        (_composition, _byHand) = (composition, rates is not null);
        TrainingConfig standard = composition.Build(rate: null);

        // A rate of the recipe that does not show in the configuration has been set by the user.
        bool set = rates is null && composition.Build(1).Optimizer.EffectiveLearningRate == standard.Optimizer.EffectiveLearningRate
            && composition.Build(2).Optimizer.EffectiveLearningRate == standard.Optimizer.EffectiveLearningRate;
        double middle = set ? standard.Optimizer.EffectiveLearningRate : Recipe.LearningRate ?? standard.Optimizer.EffectiveLearningRate;
        Swept = rates is null && !set;
        LearningRates = rates ?? (set ? [middle] : LearningRateSweep.Around(middle));
    }

    /// <summary>The optimizer and its own settings.</summary>
    public OptimizerChoice Choice => _composition.Choice;

    /// <summary>What outputs call it.</summary>
    public string Label => Choice.Label;

    /// <summary>The recipe it is run by.</summary>
    public OptimizerRecipe Recipe => _composition.Recipe;

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
        TrainingConfig config = _composition.Build(learningRate, _byHand);
        return config with { Train = config.Train with { Steps = steps } };
    }
}
