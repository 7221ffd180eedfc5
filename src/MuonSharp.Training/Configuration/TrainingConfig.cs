using System.Text.Json.Nodes;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>Everything that defines a training run. Two runs with equal configurations and equal data end with equal bits.</summary>
/// <remarks>
/// Each leaf has a dotted key (<see cref="ConfigKeys"/>), which is its place in JSON as well: <c>model.layers</c> is
/// <c>{"model": {"layers": 4}}</c>. Null is "not set", or "none": an interval (<c>*.every</c>) of null switches the thing off (files write -1).
/// Compose one from a preset, a file and single settings with <see cref="TrainingConfigBuilder"/>. Two are equal when all keys are, wherever the values
/// came from (<see cref="OriginOf"/>).
/// </remarks>
public sealed record TrainingConfig
{
    /// <summary>Name of the preset that this configuration started from. In a file it is what the configuration starts from; set here, it changes nothing else.</summary>
    public string Preset { get; init; } = "";

    /// <summary>The model.</summary>
    public ModelSection Model { get; init; } = new();

    /// <summary>The network of images; language models have none.</summary>
    public ImageSection Image { get; init; } = new();

    /// <summary>The text, or the images.</summary>
    public DataSection Data { get; init; } = new();

    /// <summary>Length, batch and seed.</summary>
    public TrainSection Train { get; init; } = new();

    /// <summary>The optimizer.</summary>
    public OptimizerSection Optimizer { get; init; } = new();

    /// <summary>QK-clip.</summary>
    public QkClipSection QkClip { get; init; } = new();

    /// <summary>Evaluation.</summary>
    public EvaluateSection Evaluate { get; init; } = new();

    /// <summary>Samples of text.</summary>
    public SampleSection Sample { get; init; } = new();

    /// <summary>Checkpoints.</summary>
    public CheckpointSection Checkpoint { get; init; } = new();

    /// <summary>Step lines.</summary>
    public LogSection Log { get; init; } = new();

    /// <summary>What the builder knows of where values came from; null for a configuration made in code.</summary>
    internal ConfigOrigins? Recorded { get; init; }

    /// <summary>Where every value came from, by key.</summary>
    public IReadOnlyDictionary<string, ConfigOrigin> Origins => ConfigKeys.All.ToDictionary(key => key.Name, OriginOf, StringComparer.Ordinal);

    /// <summary>Tokens that one step trains on: batch x accumulation x context.</summary>
    public long TokensPerStep => (long)Train.Batch * Train.Accumulation * Model.Context;

    /// <summary>Reads one of the repository's presets.</summary>
    /// <param name="name">One of <see cref="Presets.Names"/>.</param>
    /// <exception cref="ConfigurationException">There is no such preset.</exception>
    public static TrainingConfig FromPreset(string name) => new TrainingConfigBuilder().UsePreset(name).Build();

    /// <summary>Reads a complete configuration, as a run folder holds it; keys it leaves out take their defaults.</summary>
    /// <param name="path">A JSON file.</param>
    /// <exception cref="ConfigurationException">The file cannot be read, or breaks a rule.</exception>
    public static TrainingConfig Load(string path) => new TrainingConfigBuilder().UseDefaults().AddFile(path, new(ConfigSource.Run, path)).Build();

    /// <summary>Where a value came from. What <c>with</c> has changed since is <see cref="ConfigSource.Code"/>.</summary>
    /// <param name="key">The key.</param>
    public ConfigOrigin OriginOf(ConfigKey key) =>
        !key.Same(this, Recorded?.Config ?? ConfigOrigins.Defaults) ? ConfigOrigin.Code : Recorded?.Of(key) ?? ConfigOrigin.Default;

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

    /// <summary>The configuration with its texts at other paths, which come from where the paths came.</summary>
    internal TrainingConfig WithData(DataFiles? file, DataFiles? validationFile) => With(this with { Data = Data with { File = file, ValidationFile = validationFile } });

    /// <summary>A configuration with other values, which come from where this one's come.</summary>
    internal TrainingConfig With(TrainingConfig other) => other with { Recorded = new(other, ConfigKeys.All.ToDictionary(key => key, OriginOf)) };

    /// <summary>All rules this configuration breaks, one line each; empty when it is sound.</summary>
    public IReadOnlyList<string> Validate() => ConfigRules.Check(this);

    /// <summary>All keys as a JSON object, in the order of <see cref="ConfigKeys.All"/>.</summary>
    public JsonObject ToJson() => ConfigJson.Write(this);

    /// <summary>Whether all keys have the same values.</summary>
    /// <param name="other">Another configuration.</param>
    public bool Equals(TrainingConfig? other) => other is not null && ConfigKeys.All.All(key => key.Same(this, other));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Preset, Model, Data, Train, Optimizer, QkClip);
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
