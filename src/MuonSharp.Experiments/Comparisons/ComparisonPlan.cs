using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>A comparison that could begin: everything about it is checked.</summary>
public sealed class ComparisonPlan
{
    private ComparisonPlan(ComparisonOptions options, TrainingConfig start, IReadOnlyList<ComparisonEntry> entries, TaskData data)
    {
        (Options, Base, Entries) = (options, start, entries);
        (DataSource, DataSha256, DataName, Unit, UnitsPerStep) = (data.Source, data.Sha256, data.Name, data.Unit, data.UnitsPerStep);
        Budgets = [.. options.Budgets.Distinct().Order()];
        TrainingConfig[] full = [.. entries.SelectMany(entry => entry.LearningRates.Select(rate => entry.Config(rate, Steps)))];
        Seeds = options.SeedsFrom(start);
        Shared = new([.. full, .. Budgets.Select(budget => ConfiguredTask.Of(full[0]).WithSteps(full[0], StepsOf(budget)))], Seeds.Count);
        Rule = new(options.Parallel, full[0], start.Train.Threads ?? Environment.ProcessorCount);
    }

    /// <summary>What was asked for.</summary>
    public ComparisonOptions Options { get; }

    /// <summary>The configuration before the optimizers' recipes and settings: what a folder belongs to. What the runs really have is in <see cref="Shared"/>.</summary>
    public TrainingConfig Base { get; }

    /// <summary>The keys and values that all runs have in common.</summary>
    public SharedConfiguration Shared { get; }

    /// <summary>The optimizers, in their order.</summary>
    public IReadOnlyList<ComparisonEntry> Entries { get; }

    /// <summary>The seeds that each learning rate and length is run with.</summary>
    public IReadOnlyList<ulong> Seeds { get; }

    /// <summary>Lengths of the shorter runs in percent of the full one, ascending.</summary>
    public IReadOnlyList<int> Budgets { get; }

    /// <summary>How many threads a run gets.</summary>
    internal ThreadRule Rule { get; }

    /// <summary>Steps of a full run.</summary>
    public int Steps => Base.Train.Steps;

    /// <summary>Path of the data, or the embedded corpus's name.</summary>
    public string DataSource { get; }

    /// <summary>SHA-256 of the data.</summary>
    public string DataSha256 { get; }

    /// <summary>What messages call the data: <c>text</c>, <c>images</c>.</summary>
    public string DataName { get; }

    /// <summary>What the data is counted in: <c>tokens</c>, <c>images</c>.</summary>
    public string Unit { get; }

    /// <summary>How many of them a step takes.</summary>
    public long UnitsPerStep { get; }

    /// <summary>Whether the runs are of a network of images, which say their accuracy beside the loss.</summary>
    public bool OfImages => Base.Image.Network is not null;

    /// <summary>How steps are timed where <see cref="ComparisonOptions.Measurement"/> does not say it.</summary>
    public StepMeasurementOptions Measurement => Options.Measurement ?? (OfImages ? StepMeasurementOptions.Images : new());

    /// <summary>Eight letters that differ for comparisons that cannot share a folder: those of other data, length or common configuration.</summary>
    public string Identity =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{ResumeRules.Hash(Base)} {Steps} {DataSha256}")))[..8];

    /// <summary>Makes a plan: composes every configuration and reads the data.</summary>
    /// <param name="options">What to compare.</param>
    /// <exception cref="ConfigurationException">Something is wrong; all of it is listed.</exception>
    /// <exception cref="BadInputException">The data cannot be used.</exception>
    /// <exception cref="Formats.InvalidFileException">A file of images is damaged.</exception>
    public static ComparisonPlan Create(ComparisonOptions options)
    {
        List<string> problems = [.. ComparisonRules.Check(options)];
        TrainingConfig? start = ExperimentOptions.Try(options.BaseConfig, problems);
        IReadOnlyList<ComparisonEntry> entries = start is null ? [] : Entered(options, start, problems);
        problems.AddRange(start is null ? [] : ExperimentOptions.Problems("compare", start));
        if (start is { Train.From: not null })
        {
            problems.Add("[compare] train.from must be null: a comparison's runs begin with drawn weights");
        }

        if (problems.Count > 0)
        {
            throw new ConfigurationException([.. problems.Distinct(StringComparer.Ordinal)]);
        }

        ConfiguredTask task = ConfiguredTask.Of(start!);
        TaskData data = options.Describe("compare", start!);

        // Only the data says how many steps epochs are.
        TrainingConfig whole = task.WithSteps(start!, data.Steps);
        return new(options, whole, data.Steps == start!.Train.Steps ? entries : Entered(options, whole, []), data);
    }

    private static IReadOnlyList<ComparisonEntry> Entered(ComparisonOptions options, TrainingConfig start, List<string> problems) =>
        [.. options.Optimizers.Select(choice => ExperimentOptions.Try(() => new ComparisonEntry(options, choice, start), problems)).OfType<ComparisonEntry>()];

    /// <summary>Steps of a shorter run.</summary>
    /// <param name="percent">Its length in percent.</param>
    public int StepsOf(int percent) => (int)Math.Max(1, Math.Round(Steps * percent / 100.0, MidpointRounding.AwayFromZero));

    /// <summary>An optimizer's full runs at some learning rates.</summary>
    internal ComparisonTask[] Tasks(int index, IReadOnlyList<double> rates) =>
        [.. rates.Select(rate => new ComparisonTask(Entries[index].Label, ComparisonPurpose.Sweep, rate, Steps, 100))];

    /// <summary>An optimizer's shorter runs at the learning rates of some full ones, ascending in length; of the first none, which is its own measure.</summary>
    internal IEnumerable<ComparisonTask> Shorter(int index, params ComparisonTask[] rates) =>
        from percent in index == 0 ? [] : Budgets
        from task in rates
        select task with { Purpose = ComparisonPurpose.Budget, Steps = StepsOf(percent), Percent = percent };

    /// <summary>Folder of a run below the comparison's: under the first seed the task's, as a comparison of one seed has it, so that seeds can be added to that.</summary>
    internal string FolderOf(ComparisonTask task, ulong seed) => seed == Seeds[0] ? task.FolderName : PlannedRun.FolderOf(task.FolderName, seed);

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
}
