using System.CommandLine;
using MuonSharp.Cli.Errors;
using MuonSharp.Cli.Output;
using MuonSharp.Cli.Parsing;
using MuonSharp.Cli.Signals;
using MuonSharp.Cli.Train;
using MuonSharp.Experiments;
using MuonSharp.Pictures;

namespace MuonSharp.Cli.Sweeps;

/// <summary><c>muonsharp sweep</c>: a grid over keys of the configuration, and seeds.</summary>
internal static class SweepCommand
{
    private const string Parent = "runs";

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
        var plan = SweepPlan.Create(Compose(parsed, options));
        string preset = plan.Shared.Config.Preset.Length == 0 ? "run" : plan.Shared.Config.Preset;
        string folder = parsed.GetValue(options.Out) ?? Path.Combine(Parent, $"{preset}-sweep-{plan.Identity}");
        StandardStreams.MessagesMayBeLost();
        ISweepView view = parsed.GetValue(options.Json) ? new JsonView() : new TextView(new Terminal(TerminalMode.Detect()));
        using var signals = new StopSignals(view.Stopping);
        using var sweep = Sweep.Open(plan, folder);
        view.Begin(plan, folder);
        SweepResult result = await sweep.RunAsync(view.Show, signals.Token);
        SweepPage.Write(result, folder);
        view.End(result, folder);
        return !result.Complete ? ExitCode.Cancelled
            : result.Best is not null ? ExitCode.Done
            : throw new ToolException(ExitCode.Diverged, "[sweep] a point must have a loss; at every one a run diverged");
    }

    private static SweepOptions Compose(ParseResult parsed, SweepCommandOptions options) => new()
    {
        Axes = [.. (parsed.GetValue(options.Over) ?? []).Select(SweepAxis.Parse)],
        Seeds = parsed.GetValue(options.Seeds),
        Parallel = parsed.GetValue(options.Parallel) is > 0 and var parallel ? parallel : null,
        Preset = parsed.GetValue(options.Preset),
        Files = parsed.GetValue(options.Config) ?? [],
        Settings = [.. OrderedSettings.From(parsed, options.Set, options.Keys).Select(setting => KeyValuePair.Create(setting.Key, setting.Value))],
        Surroundings = new() { ImageDecoder = new PictureDecoder() },
    };
}

/// <summary>The options of <c>muonsharp sweep</c>; those that say what is trained are the ones of <c>train</c>.</summary>
internal sealed class SweepCommandOptions
{
    private const int MostSeeds = 1000;
    private const int MostParallel = 1024;

    private readonly TrainOptions _train = new();

    /// <summary>Takes the options of <c>train</c> that fit.</summary>
    public SweepCommandOptions() => Keys = [.. _train.Keys.Where(key => key.Key != "train.shards").Select(Described)];

    /// <summary><c>--over</c>.</summary>
    public Option<string[]> Over { get; } = new("--over")
    {
        HelpName = "key=value,...",
        Description = "A key and the values of it that are tried, with every value of every other such key. Repeatable; losses are drawn over the first one whose values are numbers.",
        Required = true,
    };

    /// <summary><c>--seeds</c>.</summary>
    public Option<int> Seeds { get; } = Numbers.Between("--seeds", "Runs of each point: with train.seed, and with the numbers that follow it.", 1, MostSeeds, 1);

    /// <summary><c>--parallel</c>.</summary>
    public Option<int> Parallel { get; } = Numbers.Between(
        "--parallel", "Runs at once, each with an equal share of the threads; 0: several where steps are small, else one after the other. The losses have the same bits for any number.", 0, MostParallel, 0);

    /// <summary><c>--preset</c>.</summary>
    public Option<string?> Preset => _train.Preset;

    /// <summary><c>--config</c>.</summary>
    public Option<string[]> Config => _train.Config;

    /// <summary><c>--set</c>.</summary>
    public Option<string[]> Set => _train.Set;

    /// <summary><c>--out</c>.</summary>
    public Option<string?> Out { get; } = CommonOptions.Folder(
        "--out", "The sweep's folder; one of the same keys and settings is gone on with, also with other values and more seeds. [default: runs/PRESET-sweep-LETTERS, the same for the same keys and settings]");

    /// <summary><c>--json</c>.</summary>
    public Option<bool> Json { get; } = CommonOptions.Json();

    /// <summary>The options that stand for a configuration key.</summary>
    public IReadOnlyList<ConfigOption> Keys { get; }

    /// <summary>Adds all of them to the command, in the order in which the help shows them.</summary>
    public void AddTo(Command command)
    {
        Option[] all = [Over, Seeds, Preset, Config, Set, .. Keys.Select(key => key.Option), Parallel, Out, Json];
        foreach (Option option in all)
        {
            command.Add(option);
        }
    }

    private static ConfigOption Described(ConfigOption option)
    {
        if (option.Key == "train.threads")
        {
            option.Option.Description = "Threads that compute, of all runs together; 0 takes all cores. The losses have the same bits for any number. [default: 0]";
        }

        return option;
    }
}
