using System.Text.Json.Nodes;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>Everything that defines a training run. Two runs with equal configurations and equal data end with equal bits.</summary>
/// <remarks>
/// Each leaf has a dotted key (<see cref="ConfigKeys"/>), which is its place in JSON as well: <c>model.layers</c> is
/// <c>{"model": {"layers": 4}}</c>. Intervals (<c>*.every</c>) of -1 switch the thing off.
/// Compose one from a preset, a file and single settings with <see cref="TrainingConfigBuilder"/>.
/// </remarks>
public sealed record TrainingConfig
{
    /// <summary>Name of the preset this configuration started from; only a note, it sets nothing.</summary>
    public string Preset { get; init; } = "";

    /// <summary>The model.</summary>
    public ModelSettings Model { get; init; } = new();

    /// <summary>The text.</summary>
    public DataSettings Data { get; init; } = new();

    /// <summary>Length, batch and seed.</summary>
    public TrainSettings Train { get; init; } = new();

    /// <summary>The optimizer.</summary>
    public OptimizerSettings Optimizer { get; init; } = new();

    /// <summary>QK-clip.</summary>
    public QkClipSettings QkClip { get; init; } = new();

    /// <summary>Evaluation.</summary>
    public EvaluateSettings Evaluate { get; init; } = new();

    /// <summary>Samples of text.</summary>
    public SampleSettings Sample { get; init; } = new();

    /// <summary>Checkpoints.</summary>
    public CheckpointSettings Checkpoint { get; init; } = new();

    /// <summary>Step lines.</summary>
    public LogSettings Log { get; init; } = new();

    /// <summary>Tokens that one step trains on: batch x accumulation x context.</summary>
    public long TokensPerStep => (long)Train.Batch * Train.Accumulation * Model.Context;

    /// <summary>Reads one of the repository's presets.</summary>
    /// <param name="name">One of <see cref="Presets.Names"/>.</param>
    /// <exception cref="ConfigurationException">There is no such preset.</exception>
    public static TrainingConfig FromPreset(string name) => new TrainingConfigBuilder().UsePreset(name).Build();

    /// <summary>Reads a complete configuration, as a run folder holds it; keys it leaves out take their defaults.</summary>
    /// <param name="path">A JSON file.</param>
    /// <exception cref="ConfigurationException">The file cannot be read, or breaks a rule.</exception>
    public static TrainingConfig Load(string path) => new TrainingConfigBuilder().UseDefaults().AddFile(path).Build();

    /// <summary>The configuration with one key set; cross-checks wait for <see cref="Validate"/>.</summary>
    /// <param name="key">A dotted key, for example <c>model.layers</c>.</param>
    /// <param name="value">Its value as text.</param>
    /// <exception cref="ConfigurationException">The key is unknown, or the value breaks the key's own rule.</exception>
    public TrainingConfig Set(string key, string value)
    {
        List<string> problems = [];
        TrainingConfig result = ConfigKeys.Find(key, problems)?.Set(this, value, problems) ?? this;
        return problems.Count == 0 ? result : throw new ConfigurationException(problems);
    }

    /// <summary>All rules this configuration breaks, one line each; empty when it is sound.</summary>
    public IReadOnlyList<string> Validate() => ConfigRules.Check(this);

    /// <summary>All keys as a JSON object, in the order of <see cref="ConfigKeys.All"/>.</summary>
    public JsonObject ToJson() => ConfigJson.Write(this);
}

/// <summary>A configuration that breaks rules; the message lists every problem, one a line.</summary>
public sealed class ConfigurationException : Exception
{
    /// <summary>An exception for the given problems.</summary>
    /// <param name="problems">One line each; at least one.</param>
    public ConfigurationException(IReadOnlyList<string> problems)
        : base(string.Join(Environment.NewLine, problems.Select(OneLine.Message))) => Problems = [.. problems.Select(OneLine.Message)];

    /// <summary>An exception for one problem.</summary>
    /// <param name="problem">One line: <c>[operation] rule; what came</c>.</param>
    public ConfigurationException(string problem)
        : this([problem])
    {
    }

    /// <summary>Every problem found, one line each.</summary>
    public IReadOnlyList<string> Problems { get; }
}
