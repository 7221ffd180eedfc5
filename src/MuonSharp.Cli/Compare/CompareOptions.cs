using System.CommandLine;
using MuonSharp.Cli.Parsing;
using MuonSharp.Cli.Train;

namespace MuonSharp.Cli.Compare;

/// <summary>The options of <c>muonsharp compare</c>; those that say what is trained are the ones of <c>train</c>.</summary>
internal sealed class CompareOptions
{
    private static readonly string[] KeysOfTrain = ["data.file", "qkClip.tau", "train.steps", "train.seed", "train.threads"];

    private readonly TrainOptions train = new();

    /// <summary>Takes the options of <c>train</c> that fit.</summary>
    public CompareOptions() => Keys = [.. train.Keys.Where(key => KeysOfTrain.Contains(key.Key, StringComparer.Ordinal)).Select(Described)];

    /// <summary><c>--optimizers</c>.</summary>
    public Option<string> Optimizers { get; } = new("--optimizers")
    {
        HelpName = "NAME[:key=value;...],...",
        Description = "What is compared, with commas between: muon, normuon, adamw, sgd, shampoo, soap; after a colon settings below optimizer. of its own. The first is what the others are measured by.",
        Required = true,
    };

    /// <summary><c>--learning-rates</c>.</summary>
    public Option<string[]> LearningRates { get; } = new("--learning-rates")
    {
        HelpName = "NAME=LR,...",
        Description = "Learning rates to try for one of the optimizers, instead of the sweep. Repeatable.",
    };

    /// <summary><c>--budgets</c>.</summary>
    public Option<string?> Budgets { get; } = new("--budgets")
    {
        HelpName = "PERCENT,...",
        Description = "Lengths of the shorter runs, in percent of the steps. [default: 40,50,60,70,80]",
    };

    /// <summary><c>--preset</c>.</summary>
    public Option<string?> Preset => train.Preset;

    /// <summary><c>--config</c>.</summary>
    public Option<string[]> Config => train.Config;

    /// <summary><c>--set</c>.</summary>
    public Option<string[]> Set => train.Set;

    /// <summary><c>--run</c>.</summary>
    public Option<string?> Run { get; } = CommonOptions.Run(
        "The comparison's folder; one that holds a part of this comparison is gone on with. [default: runs/PRESET-compare-LETTERS, the same for the same comparison]");

    /// <summary><c>--measure-again</c>.</summary>
    public Option<bool> MeasureAgain { get; } = new("--measure-again")
    {
        Description = "Time the steps again, also where the folder holds times; on an otherwise idle machine, for example.",
    };

    /// <summary><c>--json</c>.</summary>
    public Option<bool> Json { get; } = CommonOptions.Json();

    /// <summary>The options that stand for a configuration key.</summary>
    public IReadOnlyList<ConfigOption> Keys { get; }

    /// <summary>Adds all of them to the command, in the order in which the help shows them.</summary>
    public void AddTo(Command command)
    {
        Option[] all = [Optimizers, LearningRates, Budgets, Preset, Config, Set, .. Keys.Select(key => key.Option), Run, MeasureAgain, Json];
        foreach (var option in all)
        {
            command.Add(option);
        }
    }

    private static ConfigOption Described(ConfigOption option)
    {
        if (option.Key == "qkClip.tau")
        {
            option.Option.Description = option.Option.Description!.Replace("[default: 100]", "[default: off]", StringComparison.Ordinal);
        }

        return option;
    }
}
