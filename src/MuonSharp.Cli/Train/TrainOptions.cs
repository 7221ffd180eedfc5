using System.CommandLine;
using MuonSharp.Cli.Parsing;
using MuonSharp.Training;

namespace MuonSharp.Cli.Train;

/// <summary>The options of <c>muonsharp train</c>.</summary>
internal sealed class TrainOptions
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

    /// <summary><c>--run</c>.</summary>
    public Option<string?> Run { get; } = CommonOptions.Run("The run folder. [default: runs/PRESET-DATE-TIME]");

    /// <summary><c>--resume</c>.</summary>
    public Option<bool> Resume { get; } = new("--resume")
    {
        Description = "Take the run in --run up at its newest sound checkpoint; it ends with the same bits as one that never stopped.",
    };

    /// <summary><c>--json</c>.</summary>
    public Option<bool> Json { get; } = CommonOptions.Json();

    /// <summary>The options that stand for a configuration key.</summary>
    public IReadOnlyList<ConfigOption> Keys { get; } =
    [
        ConfigOption.Of("--data", "data.file", "FILE", "A UTF-8 text to train on. [default: the embedded corpus]"),
        ConfigOption.Of("--optimizer", "optimizer.name", "muon|normuon|adamw|sgd|shampoo|soap", "Who steps the hidden matrices; AdamW (with sgd: SGD) steps the rest. [default: muon]"),
        ConfigOption.Of("--qk-clip", "qkClip.tau", "TAU|off", "Greatest attention logit a head may have before its query and key weights are scaled down; off: never. [default: 100]"),
        ConfigOption.Of("--steps", "train.steps", "N", "Number of steps. [default: the preset's]"),
        ConfigOption.Of("--seed", "train.seed", "N", "Seed of everything random. [default: the preset's]"),
        ConfigOption.Of("--threads", "train.threads", "N", "Threads that compute; 0 takes all cores. The result has the same bits for any number. [default: 0]"),
    ];

    /// <summary>Adds all of them to the command, in the order in which the help shows them.</summary>
    public void AddTo(Command command)
    {
        Option[] all = [Preset, Config, Set, .. Keys.Select(key => key.Option), Run, Resume, Json];
        foreach (var option in all)
        {
            command.Add(option);
        }
    }
}
