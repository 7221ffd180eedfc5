using System.CommandLine;
using MuonSharp.Cli.Errors;
using MuonSharp.Cli.Output;
using MuonSharp.Cli.Parsing;
using MuonSharp.Cli.Signals;
using MuonSharp.Cli.Train;
using MuonSharp.Experiments;
using MuonSharp.Pictures;

namespace MuonSharp.Cli.Compare;

/// <summary><c>muonsharp compare</c>: the same model, data and budget under several optimizers.</summary>
internal static class CompareCommand
{
    private const string Parent = "runs";

    /// <summary>The command, ready to be added to the root.</summary>
    public static ToolCommand Create()
    {
        var options = new CompareOptions();
        var command = new Command(
            "compare", "Trains the same model on the same data under several optimizers, each at its best learning rate, and says which needs how much.");
        options.AddTo(command);
        command.SetAction((parsed, _) => RunAsync(parsed, options));
        return new(command,
        [
            "muonsharp compare --optimizers adamw,muon --steps 300",
            "muonsharp compare --optimizers adamw,shampoo,soap,muon --preset nanogpt-cpu --data my-text.txt",
            "muonsharp compare --optimizers 'muon,muon:orthogonalizer=zolotarev/3,muon:preset=torch;momentum=0.9'",
            "muonsharp compare --optimizers muon,adamw,sgd --preset fashion-mnist --data my-images",
            "muonsharp compare --optimizers adamw,muon --learning-rates adamw=2e-3,4e-3 --learning-rates muon=0.01",
        ]);
    }

    private static async Task<int> RunAsync(ParseResult parsed, CompareOptions options)
    {
        var plan = ComparisonPlan.Create(Compose(parsed, options));
        string preset = plan.Base.Preset.Length == 0 ? "run" : plan.Base.Preset;
        string folder = parsed.GetValue(options.Run) ?? Path.Combine(Parent, $"{preset}-compare-{plan.Identity}");
        StandardStreams.MessagesMayBeLost();
        ICompareView view = parsed.GetValue(options.Json) ? new JsonView() : new TextView(new Terminal(TerminalMode.Detect()));
        using var signals = new StopSignals(view.Stopping);
        using var comparison = Comparison.Open(plan, folder);
        view.Begin(plan, folder);
        ComparisonResult result = await comparison.RunAsync(view.Show, signals.Token);
        ComparisonPage.Write(result, folder);
        view.End(result, folder);
        return !result.Complete ? ExitCode.Cancelled
            : double.IsFinite(result.TargetLoss) ? ExitCode.Done
            : throw new ToolException(ExitCode.Diverged, $"[compare] the first optimizer must reach a loss; every run of '{result.Rows[0].Label}' diverged");
    }

    private static ComparisonOptions Compose(ParseResult parsed, CompareOptions options) => new()
    {
        Optimizers = OptimizerChoice.ParseList(parsed.GetValue(options.Optimizers)!),
        Preset = parsed.GetValue(options.Preset),
        Files = parsed.GetValue(options.Config) ?? [],
        Settings = [.. OrderedSettings.From(parsed, options.Set, options.Keys).Select(setting => KeyValuePair.Create(setting.Key, setting.Value))],
        LearningRates = RateLists.Read(parsed.GetValue(options.LearningRates) ?? []),
        Budgets = parsed.GetValue(options.Budgets) is { } budgets ? RateLists.Percentages(budgets) : new ComparisonOptions { Optimizers = [] }.Budgets,
        MeasureAgain = parsed.GetValue(options.MeasureAgain),
        Surroundings = new() { ImageDecoder = new PictureDecoder() },
    };
}

/// <summary>The options of <c>muonsharp compare</c>; those that say what is trained are the ones of <c>train</c>.</summary>
internal sealed class CompareOptions
{
    private static readonly string[] s_keysOfTrain = ["data.file", "qkClip.tau", "train.steps", "train.seed", "train.threads"];

    private readonly TrainOptions _train = new();

    /// <summary>Takes the options of <c>train</c> that fit.</summary>
    public CompareOptions() => Keys = [.. _train.Keys.Where(key => s_keysOfTrain.Contains(key.Key, StringComparer.Ordinal)).Select(Described)];

    /// <summary><c>--optimizers</c>.</summary>
    public Option<string> Optimizers { get; } = new("--optimizers")
    {
        HelpName = "NAME[:key=value;...],...",
        Description = $"What is compared, with commas between: {string.Join(", ", OptimizerChoice.Names)}; after a colon settings below optimizer. of its own. The first is what the others are measured by.",
        Required = true,
    };

    /// <summary><c>--learning-rates</c>.</summary>
    public Option<string[]> LearningRates { get; } = new("--learning-rates")
    {
        HelpName = "NAME=LR,...[,NAME=LR,...]",
        Description = "Learning rates to try for some of the optimizers, instead of the sweep. Repeatable.",
    };

    /// <summary><c>--budgets</c>.</summary>
    public Option<string?> Budgets { get; } = new("--budgets")
    {
        HelpName = "PERCENT,...",
        Description = "Lengths of the shorter runs, in percent of the steps. [default: 40,50,60,70,80]",
    };

    /// <summary><c>--preset</c>.</summary>
    public Option<string?> Preset => _train.Preset;

    /// <summary><c>--config</c>.</summary>
    public Option<string[]> Config => _train.Config;

    /// <summary><c>--set</c>.</summary>
    public Option<string[]> Set => _train.Set;

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
        foreach (Option option in all)
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
