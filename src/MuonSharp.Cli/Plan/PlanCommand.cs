using System.CommandLine;
using MuonSharp.Cli.Output;
using MuonSharp.Cli.Parsing;
using MuonSharp.Experiments;

namespace MuonSharp.Cli.Plan;

/// <summary><c>muonsharp plan</c>: a run on paper.</summary>
internal static class PlanCommand
{
    /// <summary>The command, ready to be added to the root.</summary>
    public static ToolCommand Create()
    {
        var options = new PlanOptions();
        var command = new Command(
            "plan", "Shows, without training, who steps which parameter and why, matrices, arithmetic, overhead and memory, for a model of any size.");
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            var plan = TrainingPlan.Of(options.Compose(parsed));
            double gigaflops = 0;
            IReadOnlyList<RankPlan> ranks = parsed.GetValue(options.Ranks) is { } counts
                ? RankTable.Plans(plan, counts, parsed.GetValue(options.Network)!, parsed.GetValue(options.Gigaflops), out gigaflops) : [];
            if (parsed.GetValue(options.Json))
            {
                PlanJson.Write(plan);
                foreach (RankPlan one in ranks)
                {
                    JsonLines.Write(RankTable.Json(one, gigaflops));
                }
            }
            else
            {
                var terminal = new Terminal(TerminalMode.Detect());
                PlanText.Write(terminal, plan, parsed.GetValue(options.All), parsed.GetValue(options.BaseWidth));
                PlanText.Write(terminal, plan, ranks, $"network {parsed.GetValue(options.Network)}, {Amount.Number(Math.Round(gigaflops, 1))} GFLOP/s a rank");
            }

            return ExitCode.Done;
        });
        return new(command,
        [
            "muonsharp plan --preset gpt2-124m",
            "muonsharp plan --preset gpt2-124m --set train.accumulation=128 --optimizer soap",
            "muonsharp plan --config mine.json --all",
            "muonsharp plan --preset gpt2-124m --ranks 1,2,4,8,16,32 --network 10g",
            "muonsharp plan --model models/theirs",
        ]);
    }
}

/// <summary>The options of <c>muonsharp plan</c>.</summary>
internal sealed class PlanOptions : ConfigOptions
{
    /// <summary><c>--model</c>.</summary>
    public Option<string?> Model { get; } = CommonOptions.Folder("--model", "A stored model to plan for: the config.json of its folder, or its GGUF file, gives the keys model.*, before --config and --set.", "PATH");

    /// <summary><c>--all</c>.</summary>
    public Option<bool> All { get; } = new("--all") { Description = "List every tensor and matrix by itself instead of equal ones of all layers in one line." };

    /// <summary><c>--base-width</c>.</summary>
    public Option<int> BaseWidth { get; } = Numbers.Between(
        "--base-width", "Show learning rates in muP units too, relative to a base model of that width; 0: leave them out.", 0, int.MaxValue, 0);

    /// <summary><c>--ranks</c>.</summary>
    public Option<string?> Ranks { get; } = new("--ranks")
    {
        Description = "Show too what a step takes on so many ranks (processes that train together): seconds, bytes, and who owns what.",
        HelpName = "N,...",
    };

    /// <summary><c>--network</c>.</summary>
    public Option<string> Network { get; } = new("--network")
    {
        Description = "What joins the ranks: 10g, 100g, memory (one machine), or seconds a message and bytes a second.",
        HelpName = "NAME|A,B",
        DefaultValueFactory = static _ => "10g",
    };

    /// <summary><c>--gflops</c>.</summary>
    public Option<double> Gigaflops { get; } = Numbers.Between("--gflops", "GFLOP/s that a rank reaches in training; 0: half of this machine's peak, measured.", 0, double.MaxValue, 0.0);

    /// <summary><c>--json</c>.</summary>
    public Option<bool> Json { get; } = CommonOptions.Json();

    /// <inheritdoc/>
    protected override Option<string?> StoredModel => Model;

    /// <inheritdoc/>
    public override IReadOnlyList<ConfigOption> Keys { get; } =
    [
        Data,
        Optimizer,
        Steps,
        ConfigOption.Of("--threads", "train.threads", "N", "Threads that scratch memory and activations are planned for; 0: all cores. [default: 0]"),
    ];

    /// <summary>Adds all of them to the command, in the order in which the help shows them.</summary>
    public void AddTo(Command command)
    {
        Option[] all = [Preset, Model, Config, Set, .. Keys.Select(key => key.Option), All, BaseWidth, Ranks, Network, Gigaflops, Json];
        foreach (Option option in all)
        {
            command.Add(option);
        }
    }
}
