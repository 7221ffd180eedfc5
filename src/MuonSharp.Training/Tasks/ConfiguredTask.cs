using MuonSharp.Formats;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>What kind of task a configuration describes, and how one becomes the other.</summary>
internal abstract class ConfiguredTask
{
    private static readonly LanguageRuns s_language = new();
    private static readonly ImageRuns s_images = new();

    /// <summary>The kind of a configuration: images where it names a network of them, else language.</summary>
    public static ConfiguredTask Of(TrainingConfig config) => config.Image.Network is null ? s_language : s_images;

    /// <summary>Adds what a configuration breaks of the task's rules; every key has kept its own.</summary>
    public abstract void Check(TrainingConfig config, List<string> problems);

    /// <summary>Makes the task.</summary>
    /// <param name="config">A sound configuration.</param>
    /// <param name="from">Where a run goes on; null for one at its start.</param>
    /// <param name="options">The surroundings.</param>
    /// <exception cref="BadInputException">The data cannot be used.</exception>
    /// <exception cref="InvalidFileException">A file is damaged.</exception>
    public abstract ITrainingTask Create(TrainingConfig config, RunStart? from, TrainerOptions options);

    /// <summary>The configuration with what only the data could say.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="reading">What the task was made of: the same, or with a run's copies of the data.</param>
    /// <param name="task">The task.</param>
    public abstract TrainingConfig Complete(TrainingConfig config, TrainingConfig reading, ITrainingTask task);

    /// <summary>Reads the data and says what it is, without a model.</summary>
    /// <param name="config">A sound configuration.</param>
    /// <param name="options">The surroundings.</param>
    /// <exception cref="BadInputException">The data cannot be used.</exception>
    /// <exception cref="InvalidFileException">A file is damaged.</exception>
    public abstract TaskData Describe(TrainingConfig config, TrainerOptions options);

    /// <summary>A configuration whose runs do so many steps, whatever it says of epochs.</summary>
    public virtual TrainingConfig WithSteps(TrainingConfig config, int steps) => config with { Train = config.Train with { Steps = steps } };

    /// <summary>Who steps which parameters.</summary>
    public virtual IReadOnlyList<Route> Routes(TrainingConfig config, ITrainingTask task) => OptimizerKinds.Routes(config.Optimizer);
}

/// <summary>The data of a configuration, and how its steps count it.</summary>
/// <param name="Source">Path, or the embedded corpus's name.</param>
/// <param name="Sha256">Differs where the data differs.</param>
/// <param name="Unit">What it is counted in: <c>tokens</c>, <c>images</c>.</param>
/// <param name="UnitsPerStep">How many of them a step takes.</param>
/// <param name="Steps">Steps of a run; where epochs count, as many as they take.</param>
internal sealed record TaskData(string Source, string Sha256, string Unit, long UnitsPerStep, int Steps)
{
    /// <summary>Sources that can be read only once.</summary>
    public IReadOnlyList<string> Unrepeatable { get; init; } = [];

    /// <summary>What messages call it.</summary>
    public string Name => Unit == "images" ? "images" : "text";
}

/// <summary>Where a run goes on.</summary>
/// <param name="Checkpoint">The checkpoint.</param>
/// <param name="Folder">The run folder.</param>
internal sealed record RunStart(LoadedCheckpoint Checkpoint, RunFolder Folder);

/// <summary>Runs of language models.</summary>
internal sealed class LanguageRuns : ConfiguredTask
{
    public override void Check(TrainingConfig config, List<string> problems)
    {
        config.Model.Check(problems);
        problems.AddRange(LanguageModelConfigs.Create(config.Model, config.Model.Vocabulary ?? 1).Problems().Select(problem => $"[config] model: {problem}"));
        ConfigRules.CheckTokens("train.batch", config.Train.Batch, config.Model, problems);
        ConfigRules.CheckTokens("evaluate.batch", config.Evaluate.Batch, config.Model, problems);
        config.QkClip.Check(config.Model, problems);
    }

    public override ITrainingTask Create(TrainingConfig config, RunStart? from, TrainerOptions options) =>
        LanguageTask.Create(config, from is null ? null : StoredTokenizer.Read(from.Checkpoint, from.Folder.TokenizerPath));

    public override TaskData Describe(TrainingConfig config, TrainerOptions options)
    {
        TextData data = TextData.Load(config);
        return new(data.Source, data.Sha256, "tokens", config.TokensPerStep, config.Train.Steps) { Unrepeatable = [.. data.Unrepeatable.Keys] };
    }

    public override TrainingConfig Complete(TrainingConfig config, TrainingConfig reading, ITrainingTask task) =>
        reading.Data.Equals(config.Data) && ((LanguageTask)task).DataFiles is var files ? config.WithData(files.Training, files.Validation) : config;
}
