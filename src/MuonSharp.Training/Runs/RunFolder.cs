using System.Text.Json;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>The places in a run folder <c>runs/[name]</c>, for whoever reads it; <see cref="RunWriter"/> writes it.</summary>
public sealed class RunFolder
{
    /// <summary>A key of every stored model's <c>config.json</c>, and of no run's.</summary>
    private const string StoredModelKey = "model_type";

    private static readonly JsonOptions s_options = new() { Operation = "run", MostBytes = 1 << 24 };

    /// <summary>A view of a folder, which need not exist.</summary>
    /// <param name="path">The run folder; one with <c>..</c> in it is made a full path.</param>
    public RunFolder(string path)
    {
        // The operating system follows .. only through folders that exist, .NET through any.
        Path = path = path.Split('/', '\\').Contains("..") ? System.IO.Path.GetFullPath(path) : path;
        ConfigPath = System.IO.Path.Combine(path, "config.json");
        EnvironmentPath = System.IO.Path.Combine(path, "environment.json");
        MetricsPath = System.IO.Path.Combine(path, "metrics.jsonl");
        SamplesPath = System.IO.Path.Combine(path, "samples.txt");
        TokenizerPath = System.IO.Path.Combine(path, TokenizerFile.Name);
        CheckpointsPath = System.IO.Path.Combine(path, "checkpoints");
    }

    /// <summary>The folder itself.</summary>
    public string Path { get; }

    /// <summary>The effective configuration.</summary>
    public string ConfigPath { get; }

    /// <summary>Machine, runtime, versions: see <see cref="RunEnvironment"/>.</summary>
    public string EnvironmentPath { get; }

    /// <summary>One JSON object a line: see <see cref="MetricsLog"/>.</summary>
    public string MetricsPath { get; }

    /// <summary>What the model wrote along the way.</summary>
    public string SamplesPath { get; }

    /// <summary>The tokenizer: see <see cref="TokenizerFile"/>.</summary>
    public string TokenizerPath { get; }

    /// <summary>The checkpoints: see <see cref="CheckpointStore"/>.</summary>
    public string CheckpointsPath { get; }

    /// <summary>A configuration of the run that reads the run's own copies of texts that could not be read a second time.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="saved">The run's configuration: a text that is another one than there is not the one that was copied.</param>
    internal TrainingConfig WithCopies(TrainingConfig config, TrainingConfig saved)
    {
        DataSection data = config.Data;
        return config with
        {
            Data = data with
            {
                File = Copy(RunNames.TextCopy, data.File, saved.Data.File),
                ValidationFile = Copy(RunNames.ValidationCopy, data.ValidationFile, saved.Data.ValidationFile),
            },
        };

        DataFiles? Copy(string name, DataFiles? now, DataFiles? before) =>
            Equals(now, before) && System.IO.Path.Combine(Path, name) is var copy && File.Exists(copy) ? copy : now;
    }

    private string LatestPath => System.IO.Path.Combine(CheckpointsPath, CheckpointNames.Latest);

    /// <summary>Whether a run has begun here: there is a configuration.</summary>
    public bool HoldsRun => File.Exists(ConfigPath);

    /// <summary>The checkpoints, to load from.</summary>
    public CheckpointStore Checkpoints => new(CheckpointsPath);

    /// <summary>The run below a folder whose newest checkpoint is the youngest; null when none there has a checkpoint.</summary>
    /// <param name="parent">The folder that holds run folders.</param>
    public static RunFolder? FindNewest(string parent = "runs")
    {
        try
        {
            return !Directory.Exists(parent) ? null : Directory.EnumerateDirectories(parent).Select(path => new RunFolder(path)).Where(run => run.HoldsRun && File.Exists(run.LatestPath))
                .OrderByDescending(run => File.GetLastWriteTimeUtc(run.LatestPath)).ThenBy(run => run.Path, StringComparer.Ordinal).FirstOrDefault();
        }
        catch (Exception exception) when (InvalidFileException.IsUnreadable(exception))
        {
            throw InvalidFileException.UnreadableFolder("run", parent, exception);
        }
    }

    /// <summary>Opens a checkpoint, every file of it verified.</summary>
    /// <param name="choice">Which one.</param>
    /// <param name="notices">What a user should know of it, one line each: damaged newer ones, a much better earlier one.</param>
    /// <exception cref="BadInputException">The run has written none yet, or not that one; the steps there are are listed.</exception>
    /// <exception cref="InvalidFileException">It is damaged; of the newest, all are.</exception>
    public LoadedCheckpoint OpenCheckpoint(CheckpointChoice choice, out IReadOnlyList<string> notices) => ChosenCheckpoint.Open(this, choice, out notices);

    /// <summary>Reads the effective configuration.</summary>
    /// <returns>The configuration as it was written.</returns>
    /// <exception cref="InvalidFileException">There is no run here, or its configuration cannot be read.</exception>
    /// <exception cref="BadInputException">The configuration breaks rules; all are named.</exception>
    public TrainingConfig ReadConfig()
    {
        JsonEntry root = ReadConfigFile();
        if (root.Find(TaskRun.TaskKey) is { Kind: JsonValueKind.String } kind)
        {
            throw new BadInputException($"[run] {Path}: the run must be one of a configuration; it is one of a task of its own, {OneLine.Quote(kind.Text())}");
        }

        try
        {
            return new TrainingConfigBuilder().UseDefaults().Add(root, new(ConfigSource.Run, ConfigPath)).Build();
        }
        catch (ConfigurationException error)
        {
            throw new BadInputException(string.Join("; ", error.Problems), error);
        }
    }

    /// <summary>What is said of a folder that is no run and holds some: one of several runs, a sweep, a comparison.</summary>
    private string Inner()
    {
        try
        {
            string[] runs = [.. Directory.EnumerateDirectories(Path).Where(path => new RunFolder(path).HoldsRun).Select(path => System.IO.Path.GetFileName(path)).Order(StringComparer.Ordinal)];
            return runs.Length == 0 ? "" : $", but holds runs: {JoinedText.List(runs)}";
        }
        catch (Exception exception) when (InvalidFileException.IsUnreadable(exception))
        {
            return "";
        }
    }

    /// <summary>The content of <c>config.json</c>, whatever kind of run it is.</summary>
    internal JsonEntry ReadConfigFile()
    {
        string? problem = PathProblem.OfNoFolder(Path) ?? (HoldsRun ? null : "this one has no config.json" + Inner());
        if (problem is not null)
        {
            throw new InvalidFileException("run", Path, $"a run folder is needed; {problem}");
        }

        JsonEntry root = JsonFile.Read(ConfigPath, s_options).Object();
        return root[StoredModelKey].TryText(out _) ? throw new InvalidFileException("run", Path, "a run folder is needed; this is a stored model, which generate, evaluate and export take with --model") : root;
    }
}

/// <summary>A new run was to begin in a folder that already holds one.</summary>
public sealed class RunExistsException : Exception
{
    /// <summary>Creates the exception for one folder.</summary>
    /// <param name="folder">The run folder.</param>
    public RunExistsException(string folder)
        : base($"[run] {folder}: a new run needs a folder without one; this one holds a run") => (Folder, HoldsRun) = (folder, true);

    /// <summary>Creates the exception for a folder that holds something else.</summary>
    /// <param name="folder">The run folder.</param>
    /// <param name="name">What it holds that a run would write over.</param>
    public RunExistsException(string folder, string name)
        : base($"[run] {folder}: a new run needs a folder that holds none of the files it writes; {name} is there") => Folder = folder;

    /// <summary>The run folder.</summary>
    public string Folder { get; }

    /// <summary>Whether it is a run that is there, which can be taken up; else something else that a run would write over.</summary>
    public bool HoldsRun { get; }
}
