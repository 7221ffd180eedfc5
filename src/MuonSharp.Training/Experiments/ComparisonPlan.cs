using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace MuonSharp.Training;

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
