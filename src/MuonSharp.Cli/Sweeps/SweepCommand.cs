using System.CommandLine;
using MuonSharp.Cli.Errors;
using MuonSharp.Cli.Experiments;
using MuonSharp.Cli.Output;
using MuonSharp.Experiments;

namespace MuonSharp.Cli.Sweeps;

/// <summary><c>muonsharp sweep</c>: a grid over keys of the configuration, and seeds.</summary>
internal static class SweepCommand
{
    /// <summary>The command, ready to be added to the root.</summary>
    public static ToolCommand Create()
    {
        var options = new SweepCommandOptions();
        var command = new Command("sweep", "Trains with every combination of some values of some keys, under one or several seeds, and says which is best. What is done is not done again.");
        options.AddTo(command);
        command.SetAction((parsed, _) => RunAsync(parsed, options));
        return new(command,
        [
            "muonsharp sweep --over optimizer.learningRate=0.005,0.01,0.02 --seeds 3 --steps 300",
            "muonsharp sweep --preset nanogpt-cpu --data my-text.txt --over model.width=64,128 --over optimizer.learningRate=0.005,0.01,0.02",
            "muonsharp sweep --over optimizer.name=muon,adamw --over model.layers=2,4 --out runs/mine",
            "muonsharp sweep --from runs/mine --over optimizer.learningRate=1e-4,3e-4,1e-3 --steps 100",
        ]);
    }

    private static async Task<int> RunAsync(ParseResult parsed, SweepCommandOptions options)
    {
        var plan = SweepPlan.Create(options.Read(parsed));
        SweepResult result = await ExperimentCommand.RunAsync(
            plan,
            parsed.GetValue(options.Out) ?? ExperimentCommand.Folder(plan.Shared.Config.Preset, "sweep", plan.Identity),
            parsed.GetValue(options.Json) ? new JsonView() : new TextView(new Terminal(TerminalMode.Detect())),
            Sweep.Open,
            SweepPage.Write);
        return !result.Complete ? ExitCode.Cancelled
            : result.Best is not null ? ExitCode.Done
            : throw new ToolException(ExitCode.Diverged, "[sweep] a point must have a loss; at every one a run diverged");
    }
}

/// <summary>The options of <c>muonsharp sweep</c>; those that say what is trained are the ones of <c>train</c>.</summary>
internal sealed class SweepCommandOptions() : ExperimentCommandOptions(static key => key != "train.shards", "Runs of each point")
{
    /// <summary><c>--over</c>.</summary>
    public Option<string[]> Over { get; } = new("--over")
    {
        HelpName = "key=value,...",
        Description = "A key and the values of it that are tried, with every value of every other such key. Repeatable; losses are drawn over the first one whose values are numbers.",
        Required = true,
    };

    /// <summary><c>--out</c>.</summary>
    public Option<string?> Out { get; } = CommonOptions.Folder(
        "--out", "The sweep's folder; one of the same keys and settings is gone on with, also with other values and more seeds. [default: runs/PRESET-sweep-LETTERS, the same for the same keys and settings]");

    /// <inheritdoc/>
    protected override IEnumerable<Option> All => [Over, Seeds, Preset, Config, Set, .. Keys.Select(key => key.Option), Parallel, Out, Json];

    /// <summary>What the command line asks for.</summary>
    public SweepOptions Read(ParseResult parsed) => Complete(parsed, new SweepOptions { Axes = [.. (parsed.GetValue(Over) ?? []).Select(SweepAxis.Parse)] });
}
