using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>A comparison that could begin: everything about it is checked.</summary>
public sealed class ComparisonPlan
{
    private ComparisonPlan(ComparisonOptions options, TrainingConfig start, IReadOnlyList<ComparisonEntry> entries, TextData data)
    {
        (Options, Base, Entries) = (options, start, entries);
        (DataSource, DataSha256) = (data.Source, data.Sha256);
        Budgets = [.. options.Budgets.Distinct().Order()];
        TrainingConfig[] full = [.. entries.SelectMany(entry => entry.LearningRates.Select(rate => entry.Config(rate, Steps)))];
        Shared = new(options, start, entries, [.. full, .. Budgets.Select(budget => full[0] with { Train = full[0].Train with { Steps = StepsOf(budget) } })]);
    }

    /// <summary>What was asked for.</summary>
    public ComparisonOptions Options { get; }

    /// <summary>The configuration before the optimizers' recipes and settings: what a folder belongs to. What the runs really have is in <see cref="Shared"/>.</summary>
    public TrainingConfig Base { get; }

    /// <summary>The keys and values that all runs have in common.</summary>
    public SharedConfiguration Shared { get; }

    /// <summary>The optimizers, in their order.</summary>
    public IReadOnlyList<ComparisonEntry> Entries { get; }

    /// <summary>Lengths of the shorter runs in percent of the full one, ascending.</summary>
    public IReadOnlyList<int> Budgets { get; }

    /// <summary>Steps of a full run.</summary>
    public int Steps => Base.Train.Steps;

    /// <summary>Path of the text, or the embedded corpus's name.</summary>
    public string DataSource { get; }

    /// <summary>SHA-256 of the text.</summary>
    public string DataSha256 { get; }

    /// <summary>Eight letters that differ for comparisons that cannot share a folder: those of another text, length or common configuration.</summary>
    public string Identity =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{ResumeRules.Hash(Base)} {Steps} {DataSha256}")))[..8];

    /// <summary>Makes a plan: composes every configuration and reads the text.</summary>
    /// <param name="options">What to compare.</param>
    /// <exception cref="ConfigurationException">Something is wrong; all of it is listed.</exception>
    /// <exception cref="BadInputException">The text cannot be used.</exception>
    public static ComparisonPlan Create(ComparisonOptions options)
    {
        List<string> problems = [.. ComparisonRules.Check(options)];
        TrainingConfig? start = Try(() => ConfigComposition.Base(options), problems);
        List<ComparisonEntry> entries = [];
        foreach (OptimizerChoice choice in start is null ? [] : options.Optimizers)
        {
            ConfigComposition composition = new(options, choice, start!.Train.Steps);
            if (Try(() => new ComparisonEntry(composition, options.LearningRates.GetValueOrDefault(choice.Label)), problems) is { } entry)
            {
                entries.Add(entry);
            }
        }

        if (start?.Evaluate.Every == -1)
        {
            problems.Add("[compare] evaluate.every must not be -1: the loss after the last step is what is compared");
        }

        return problems.Count > 0
            ? throw new ConfigurationException([.. problems.Distinct(StringComparer.Ordinal)])
            : new(options, start!, entries, TextData.Load(start!));
    }

    /// <summary>Steps of a shorter run.</summary>
    /// <param name="percent">Its length in percent.</param>
    public int StepsOf(int percent) => (int)Math.Max(1, Math.Round(Steps * percent / 100.0, MidpointRounding.AwayFromZero));

    /// <summary>An optimizer's part of the configuration in force.</summary>
    internal JsonObject Describe(ComparisonEntry entry, double? learningRate)
    {
        JsonObject settings = [];
        TrainingConfig config = entry.Config(learningRate ?? entry.LearningRates[0], Steps);
        foreach (ConfigKey key in ConfigKeys.All.Where(key => key.Name.StartsWith("optimizer.", StringComparison.Ordinal) || key.Name == "qkClip.tau"))
        {
            settings[key.Name] = key.Read(config);
        }

        return settings;
    }

    private static T? Try<T>(Func<T> make, List<string> problems)
        where T : class
    {
        try
        {
            return make();
        }
        catch (ConfigurationException error)
        {
            problems.AddRange(error.Problems);
            return null;
        }
    }
}

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

/// <summary>A run that a comparison needs.</summary>
/// <param name="Optimizer">Label of the optimizer.</param>
/// <param name="Purpose">Why it is needed.</param>
/// <param name="LearningRate">Peak learning rate of the hidden matrices.</param>
/// <param name="Steps">Its length.</param>
/// <param name="Percent">Its length in percent of the full one.</param>
public sealed record ComparisonTask(string Optimizer, ComparisonPurpose Purpose, double LearningRate, int Steps, int Percent);

/// <summary>Why a comparison trains.</summary>
public enum ComparisonPurpose
{
    /// <summary>To find the best learning rate: a run of full length.</summary>
    Sweep,

    /// <summary>To find the least budget: a shorter run with a schedule of its own length, at the best learning rate.</summary>
    Budget,
}
