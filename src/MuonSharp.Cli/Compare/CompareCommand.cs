using System.CommandLine;
using MuonSharp.Cli.Errors;
using MuonSharp.Cli.Experiments;
using MuonSharp.Cli.Output;
using MuonSharp.Experiments;

namespace MuonSharp.Cli.Compare;

/// <summary><c>muonsharp compare</c>: the same model, data and budget under several optimizers.</summary>
internal static class CompareCommand
{
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
            "muonsharp compare --optimizers adamw,muon --steps 300 --seeds 3",
            "muonsharp compare --optimizers adamw,shampoo,soap,muon --preset nanogpt-cpu --data my-text.txt",
            "muonsharp compare --optimizers 'muon,muon:orthogonalizer=zolotarev/3,muon:preset=torch;momentum=0.9'",
            "muonsharp compare --optimizers muon,adamw,sgd --preset fashion-mnist --data my-images",
            "muonsharp compare --optimizers adamw,muon --learning-rates adamw=2e-3,4e-3 --learning-rates muon=0.01",
        ]);
    }

    private static async Task<int> RunAsync(ParseResult parsed, CompareOptions options)
    {
        var plan = ComparisonPlan.Create(options.Read(parsed));
        ComparisonResult result = await ExperimentCommand.RunAsync(
            plan,
            parsed.GetValue(options.Run) ?? ExperimentCommand.Folder(plan.Base.Preset, "compare", plan.Identity),
            parsed.GetValue(options.Json) ? new JsonView() : new TextView(new Terminal(TerminalMode.Detect())),
            Comparison.Open,
            ComparisonPage.Write);
        return !result.Complete ? ExitCode.Cancelled
            : double.IsFinite(result.TargetLoss) ? ExitCode.Done
            : throw new ToolException(ExitCode.Diverged, $"[compare] the first optimizer must reach a loss; {(plan.Seeds.Count == 1 ? "every run" : "a run at every learning rate")} of '{result.Rows[0].Label}' diverged");
    }
}

/// <summary>The options of <c>muonsharp compare</c>; those that say what is trained are the ones of <c>train</c>.</summary>
internal sealed class CompareOptions : ExperimentCommandOptions
{
    private static readonly string[] s_keysOfTrain = ["data.file", "qkClip.tau", "train.steps", "train.seed", "train.threads"];

    /// <summary>Takes the options of <c>train</c> that fit.</summary>
    public CompareOptions()
        : base(static key => s_keysOfTrain.Contains(key, StringComparer.Ordinal), "Runs at each learning rate and length, whose mean loss counts")
    {
        Option clip = Keys.Single(key => key.Key == "qkClip.tau").Option;
        clip.Description = clip.Description!.Replace("[default: 100]", "[default: off]", StringComparison.Ordinal);
    }

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

    /// <summary><c>--run</c>.</summary>
    public Option<string?> Run { get; } = CommonOptions.Run(
        "The comparison's folder; one that holds a part of this comparison is gone on with, also with more seeds. [default: runs/PRESET-compare-LETTERS, the same for the same comparison]");

    /// <summary><c>--measure-again</c>.</summary>
    public Option<bool> MeasureAgain { get; } = new("--measure-again")
    {
        Description = "Time the steps again, also where the folder holds times; on an otherwise idle machine, for example.",
    };

    /// <inheritdoc/>
    protected override IEnumerable<Option> All => [Optimizers, LearningRates, Budgets, Seeds, Preset, Config, Set, .. Keys.Select(key => key.Option), Parallel, Run, MeasureAgain, Json];

    /// <summary>What the command line asks for.</summary>
    public ComparisonOptions Read(ParseResult parsed)
    {
        var options = new ComparisonOptions
        {
            Optimizers = OptimizerChoice.ParseList(parsed.GetValue(Optimizers)!),
            LearningRates = RateLists.Read(parsed.GetValue(LearningRates) ?? []),
            MeasureAgain = parsed.GetValue(MeasureAgain),
        };
        return Complete(parsed, parsed.GetValue(Budgets) is { } budgets ? options with { Budgets = RateLists.Percentages(budgets) } : options);
    }
}
