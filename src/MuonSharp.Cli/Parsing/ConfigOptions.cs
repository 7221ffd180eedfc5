using System.CommandLine;
using MuonSharp.Training;

namespace MuonSharp.Cli.Parsing;

/// <summary>The options that make up a configuration: what it starts from, files, and single keys.</summary>
internal abstract class ConfigOptions
{
    /// <summary><c>--preset</c>.</summary>
    public Option<string?> Preset { get; } = new("--preset")
    {
        HelpName = "NAME",
        Description = $"The configuration to start from: {string.Join(", ", Presets.Names)}. [default: {Presets.Default}]",
    };

    /// <summary><c>--config</c>.</summary>
    public Option<string[]> Config { get; } = new("--config")
    {
        HelpName = "FILE",
        Description = "A JSON file with some or all keys; it goes over the preset.",
    };

    /// <summary><c>--set</c>.</summary>
    public Option<string[]> Set { get; } = new("--set")
    {
        HelpName = "key=value",
        Description = "One key, such as model.layers=6 or optimizer.learningRate=0.02. Repeatable; what is written last wins.",
    };

    /// <summary>The options that stand for a configuration key.</summary>
    public abstract IReadOnlyList<ConfigOption> Keys { get; }

    /// <summary><c>--data</c>.</summary>
    protected static ConfigOption Data => ConfigOption.Of("--data", "data.file", "FILE", "A UTF-8 text to train on. [default: the embedded corpus]");

    /// <summary><c>--optimizer</c>.</summary>
    protected static ConfigOption Optimizer => ConfigOption.Of(
        "--optimizer", "optimizer.name", "muon|normuon|adamw|sgd|shampoo|soap",
        "Who steps the hidden matrices; AdamW (with sgd: SGD) steps the rest. [default: muon]");

    /// <summary><c>--steps</c>.</summary>
    protected static ConfigOption Steps => ConfigOption.Of("--steps", "train.steps", "N", "Number of steps. [default: the preset's]");

    /// <summary><c>--threads</c>.</summary>
    protected static ConfigOption Threads => ConfigOption.Of(
        "--threads", "train.threads", "N", "Threads that compute; 0 takes all cores. The result has the same bits for any number. [default: 0]");
}
