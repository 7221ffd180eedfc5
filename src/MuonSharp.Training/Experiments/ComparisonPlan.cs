using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace MuonSharp.Training;

/// <summary>A comparison that could begin: everything about it is checked.</summary>
public sealed class ComparisonPlan
{
    private ComparisonPlan(ComparisonOptions options, TrainingConfig common, IReadOnlyList<ComparisonEntry> entries, TextData data)
    {
        (Options, Common, Entries) = (options, common, entries);
        (DataSource, DataSha256) = (data.Source, data.Sha256);
        Budgets = [.. options.Budgets.Distinct().Order()];
    }

    /// <summary>What was asked for.</summary>
    public ComparisonOptions Options { get; }

    /// <summary>The configuration that all runs have in common, but for the keys of their optimizers.</summary>
    public TrainingConfig Common { get; }

    /// <summary>The optimizers, in their order.</summary>
    public IReadOnlyList<ComparisonEntry> Entries { get; }

    /// <summary>Lengths of the shorter runs in percent of the full one, ascending.</summary>
    public IReadOnlyList<int> Budgets { get; }

    /// <summary>Steps of a full run.</summary>
    public int Steps => Common.Train.Steps;

    /// <summary>Path of the text, or the embedded corpus's name.</summary>
    public string DataSource { get; }

    /// <summary>SHA-256 of the text.</summary>
    public string DataSha256 { get; }

    /// <summary>Eight letters that differ for comparisons that cannot share a folder: those of another text, length or common configuration.</summary>
    public string Identity =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{ResumeRules.Hash(Common)} {Steps} {DataSha256}")))[..8];

    /// <summary>Makes a plan: composes every configuration and reads the text.</summary>
    /// <param name="options">What to compare.</param>
    /// <exception cref="ConfigurationException">Something is wrong; all of it is listed.</exception>
    /// <exception cref="BadInputException">The text cannot be used.</exception>
    public static ComparisonPlan Create(ComparisonOptions options)
    {
        List<string> problems = [.. ComparisonRules.Check(options)];
        TrainingConfig? common = Try(() => ConfigComposition.Common(options), problems);
        List<ComparisonEntry> entries = [];
        foreach (OptimizerChoice choice in common is null ? [] : options.Optimizers)
        {
            ConfigComposition composition = new(options, choice, common!.Train.Steps);
            if (Try(() => new ComparisonEntry(composition, options.LearningRates.GetValueOrDefault(choice.Label)), problems) is { } entry)
            {
                entries.Add(entry);
            }
        }

        if (common?.Evaluate.Every == -1)
        {
            problems.Add("[compare] evaluate.every must not be -1: the loss after the last step is what is compared");
        }

        return problems.Count > 0
            ? throw new ConfigurationException([.. problems.Distinct(StringComparer.Ordinal)])
            : new(options, common!, entries, TextData.Load(common!));
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
