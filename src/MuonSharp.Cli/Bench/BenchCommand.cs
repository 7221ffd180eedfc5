using System.CommandLine;
using MuonSharp.Cli.Errors;
using MuonSharp.Cli.Output;
using MuonSharp.Experiments;
using MuonSharp.Numerics;

namespace MuonSharp.Cli.Bench;

/// <summary><c>muonsharp bench</c>: what this machine's limits are, and how near the kernels and whole steps come.</summary>
internal static class BenchCommand
{
    private const string DefaultOptimizer = "adamw";

    /// <summary>The command, ready to be added to the root.</summary>
    public static ToolCommand Create()
    {
        var only = new Option<string[]>("--only") { HelpName = "NAME[,NAME]", Description = "Measure these: names of --list, names of other sizes, or a family such as product." };
        Option<int> threads = CommonOptions.Threads("Threads that are measured, but for the peaks of one core; 0 takes all cores.");
        var optimizer = new Option<string>("--optimizer")
        {
            HelpName = "NAME[:key=value;...]",
            Description = $"Who updates in training steps: {string.Join(", ", OptimizerChoice.Names)}; after a colon settings below optimizer. of its own.",
            DefaultValueFactory = _ => DefaultOptimizer,
        };
        var list = new Option<bool>("--list") { Description = "Print the names that are measured by default (with --only: those of them) and the forms of their families, and measure nothing." };
        Option<bool> json = CommonOptions.Json();
        var command = new Command("bench", "Measures this machine: peak, bandwidth, kernels, orthogonalizers and training steps, each as a share of the peak.")
        {
            only, threads, optimizer, list, json,
        };
        command.SetAction(parsed =>
        {
            IBenchView view = parsed.GetValue(json) ? new BenchJson() : new BenchText(new Terminal(TerminalMode.Detect()));
            string[] names = Names(parsed.GetValue(only));
            return parsed.GetValue(list) ? BenchList.Write(names, parsed.GetValue(json)) : Run(names, parsed.GetValue(threads), OptimizerChoice.Parse(parsed.GetValue(optimizer)!), view);
        });
        return new(command,
        [
            "muonsharp bench",
            "muonsharp bench --only product,symmetric --threads 1",
            "muonsharp bench --only product-500x770x1030:atb,orthogonalize-768x3072:zolotarev/3",
            "muonsharp bench --only step-nanogpt-384,step-5x5x320-8x256 --optimizer muon --json",
            "muonsharp bench --only step-nanogpt-cpu --optimizer muon:orthogonalizer=newton-schulz/jordan5",
            "muonsharp bench --list",
        ]);
    }

    /// <summary>The names that were given, with commas between or one by one; empty when the option was not.</summary>
    /// <exception cref="ToolException">It was, and named nothing.</exception>
    private static string[] Names(string[]? only)
    {
        string[] names = [.. (only ?? []).SelectMany(value => value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))];
        return names.Length > 0 || only is null or []
            ? names
            : throw ToolException.Usage("[bench] --only takes at least one name; none came (muonsharp bench --list shows what there is)");
    }

    private static int Run(string[] only, int threads, OptimizerChoice optimizer, IBenchView view)
    {
        _ = optimizer.Compose(); // What is wrong with it is said before anything is measured.
        IReadOnlyList<(BenchFamily Family, string Name, Func<BenchContext, BenchCase> Make)> cases = BenchFamilies.Select(only);
        using var team = new WorkerTeam(threads);
        Peaks(team, view);
        var runner = new BenchRunner(team);
        BenchFamily? current = null;
        foreach ((BenchFamily? family, string _, Func<BenchContext, BenchCase>? make) in cases)
        {
            if (family != current)
            {
                current = family;
                view.Family(family);
            }

            using BenchCase work = make(new BenchContext(team, optimizer));
            view.Result(runner.Measure(work));
        }

        return ExitCode.Done;
    }

    /// <summary>Of one core, then of all that were asked for.</summary>
    private static void Peaks(WorkerTeam team, IBenchView view)
    {
        using var alone = new WorkerTeam(1);
        foreach (WorkerTeam workers in team.Threads == 1 ? (WorkerTeam[])[team] : [alone, team])
        {
            foreach (int bits in FmaPeak.Widths)
            {
                view.Peak(workers.Threads, bits, FmaPeak.Typical(workers, bits));
            }
        }
    }
}
