using System.CommandLine;
using MuonSharp.Cli.Parsing;

namespace MuonSharp.Cli.Train;

/// <summary>The options of <c>muonsharp train</c>.</summary>
internal sealed class TrainOptions : ConfigOptions
{
    /// <summary><c>--run</c>.</summary>
    public Option<string?> Run { get; } = CommonOptions.Run("The run folder. [default: runs/PRESET-DATE-TIME]");

    /// <summary><c>--resume</c>.</summary>
    public Option<bool> Resume { get; } = new("--resume")
    {
        Description = "Take the run in --run up at its newest sound checkpoint; it ends with the same bits as one that never stopped.",
    };

    /// <summary><c>--profile</c>.</summary>
    public Option<bool> Profile { get; } = new("--profile")
    {
        Description = "At the end, show where a step's time went: by operation, with FLOPs, bytes and share of the peak.",
    };

    /// <summary><c>--json</c>.</summary>
    public Option<bool> Json { get; } = CommonOptions.Json();

    /// <inheritdoc/>
    public override IReadOnlyList<ConfigOption> Keys { get; } =
    [
        Data,
        Optimizer,
        ConfigOption.Of("--qk-clip", "qkClip.tau", "TAU|off", "Greatest attention logit a head may have before its query and key weights are scaled down; off: never. [default: 100]"),
        Steps,
        ConfigOption.Of("--seed", "train.seed", "N", "Seed of everything random. [default: the preset's]"),
        Threads,
    ];

    /// <summary>Adds all of them to the command, in the order in which the help shows them.</summary>
    public void AddTo(Command command)
    {
        Option[] all = [Preset, Config, Set, .. Keys.Select(key => key.Option), Run, Resume, Profile, Json];
        foreach (var option in all)
        {
            command.Add(option);
        }
    }
}
