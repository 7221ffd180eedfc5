using System.CommandLine;
using System.Globalization;
using MuonSharp.Cli.Bench;
using MuonSharp.Cli.Dashboard;
using MuonSharp.Cli.Errors;
using MuonSharp.Cli.Output;
using MuonSharp.Cli.Parsing;
using MuonSharp.Cli.Ranks;
using MuonSharp.Cli.Report;
using MuonSharp.Cli.Signals;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;
using MuonSharp.Pictures;
using MuonSharp.Training;

namespace MuonSharp.Cli.Train;

/// <summary><c>muonsharp train</c>: the main job.</summary>
internal static class TrainCommand
{
    /// <summary>The command, ready to be added to the root.</summary>
    public static ToolCommand Create()
    {
        var options = new TrainOptions();
        var command = new Command(
            "train", "Trains a language model. With no options: a character model of the embedded corpus, hidden matrices by Muon, the rest by AdamW.");
        options.AddTo(command);
        command.SetAction((parsed, _) => RunAsync(parsed, options));
        return new(command,
        [
            "muonsharp train",
            "muonsharp train --preset nanogpt-cpu --data my-text.txt --run runs/mine",
            "muonsharp train --optimizer adamw --steps 500 --set optimizer.learningRate=4e-3",
            "muonsharp train --config small.json --set model.layers=2 --set evaluate.every=100",
            "muonsharp train --run runs/mine --resume",
            "muonsharp train --from runs/mine --data other-text.txt --steps 200",
            "muonsharp train --preset fashion-mnist --data DIR",
            "muonsharp train --steps 200 --profile",
            "muonsharp train --dashboard",
            "mpirun -n 4 muonsharp train --preset nanogpt --shards 8 --run runs/shared",
            "muonsharp train --json > run.jsonl",
        ]);
    }

    private static async Task<int> RunAsync(ParseResult parsed, TrainOptions options)
    {
        StandardStreams.MessagesMayBeLost();
        using var ranks = ToolRanks.Join(TimeSpan.FromSeconds(parsed.GetValue(options.Timeout)));
        if (ranks is null)
        {
            return await RunAsync(parsed, options, ranks: null);
        }

        try
        {
            return await RunAsync(parsed, options, ranks);
        }
        catch (Exception error) when (ranks.Collectives.Size > 1)
        {
            return ranks.End(error);
        }
    }

    private static async Task<int> RunAsync(ParseResult parsed, TrainOptions options, ToolRanks? ranks)
    {
        using var terminal = new Terminal(TerminalMode.Detect());
        ITrainingView view = ranks is { Speaks: false } ? new SilentView() : parsed.GetValue(options.Json) ? new JsonView() : new TextView(terminal, parsed.GetValue(options.Verbose), ranks?.Description);
        using var signals = new StopSignals(view.Stopping, view.Ending);
        using Trainer trainer = Open(parsed, options, ranks);
        using var pages = new ReportPages(trainer.RunFolder);
        view.Begin(trainer);
        IAsyncDisposable? live = null;
        if (ranks is not { Speaks: false } && parsed.GetResult(options.Dashboard) is { Implicit: false })
        {
            (live, NoticeEvent note) = await LivePages.Beside(trainer.RunFolder, parsed.GetValue(options.Dashboard), trainer.Step);
            view.Show(note);
        }

        await using IAsyncDisposable? page = live;
        TrainingOutcome outcome = TrainingOutcome.Finished;
        try
        {
            await foreach (TrainingEvent happened in trainer.RunAsync(signals.Token))
            {
                if (pages.After(happened) is { } note)
                {
                    view.Show(note);
                }

                view.Show(happened);
                outcome = happened is EndEvent end ? end.Outcome : outcome;
            }
        }
        catch (DivergedException error)
        {
            _ = pages.Write(error.Step);
            view.Diverged(error);
            throw;
        }

        if (trainer.Profile is { Steps: > 0 } profile)
        {
            using var team = new WorkerTeam(trainer.Description.Threads);
            view.Profile(profile, FmaPeak.Typical(team, FmaPeak.KernelWidth));
        }

        return outcome == TrainingOutcome.Cancelled ? ExitCode.Cancelled : ExitCode.Done;
    }

    /// <summary>Several runs may begin within a second and so want the same name: one has it, the others take the next.</summary>
    private static Trainer InOwnFolder(TrainingConfig config, TrainerOptions surroundings)
    {
        while (true)
        {
            string folder = RunName.Next(config.Preset);
            try
            {
                return Trainer.Create(config, folder, surroundings);
            }
            catch (Exception error) when (error is RunExistsException or RunLockedException && Path.Exists(folder))
            {
                // Now the folder is there, so the next name is another one.
            }
        }
    }

    private static Trainer Open(ParseResult parsed, TrainOptions options, ToolRanks? ranks)
    {
        string? folder = parsed.GetValue(options.Run);
        var surroundings = new TrainerOptions
        {
            Profile = parsed.GetValue(options.Profile),
            ImageDecoder = new PictureDecoder(),
            Collectives = ranks?.Collectives,
            Reduction = parsed.GetValue(options.Reduce) == "fast" ? GradientReduction.Fast : GradientReduction.Tree,
        };
        if (parsed.GetValue(options.Resume))
        {
            folder = folder ?? throw ToolException.Usage("[train] --resume needs the run to take up: --run DIR");
            TrainingConfig? changed = Changed(parsed, options, folder);
            return Trainer.Resume(folder, ranks is null ? changed : OnOwnCores(changed ?? new RunFolder(folder).ReadConfig(), parsed, options), surroundings);
        }

        TrainingConfig config = options.Compose(parsed);
        config = ranks is null ? config : OnOwnCores(config, parsed, options);
        if (ranks is { Speaks: false })
        {
            return Trainer.Create(config, null, surroundings);
        }

        // Ranks begin a run together, so they try one name.
        folder ??= ranks is null ? null : RunName.Next(config.Preset);
        return folder is not null ? Trainer.Create(config, folder, surroundings) : InOwnFolder(config, surroundings);
    }

    /// <summary>Ranks on one machine share its cores, whatever the run's last process had.</summary>
    private static TrainingConfig OnOwnCores(TrainingConfig config, ParseResult parsed, TrainOptions options) =>
        parsed.GetResult("--threads") is null ? config with { Train = config.Train with { Threads = ToolRanks.Threads } } : config;

    /// <summary>The configuration of a run that is taken up again; null when nothing is to change.</summary>
    private static TrainingConfig? Changed(ParseResult parsed, TrainOptions options, string folder) =>
        parsed.GetValue(options.Preset) is not null ? throw ToolException.Usage("[train] --preset starts a new run; with --resume, change single keys with --set")
        : options.SetsKeys(parsed) ? options.Compose(parsed, new RunFolder(folder).ReadConfig())
        : null;
}

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

    /// <summary><c>--reduce</c>.</summary>
    public Option<string> Reduce { get; } = Words.Of(
        "--reduce", "Over several ranks: tree adds gradients in a fixed order, with the same bits for any number of ranks; fast leaves the order to MPI.", "tree", "fast");

    /// <summary><c>--timeout</c>.</summary>
    public Option<int> Timeout { get; } = Numbers.Between("--timeout", "Over several ranks: seconds after which a rank that does not answer ends all.", 1, 86400, 30);

    /// <summary><c>--verbose</c>.</summary>
    public Option<bool> Verbose { get; } = new("--verbose")
    {
        Description = "Before the first step, show every parameter with its optimizer, every derived number and every setting with where it came from.",
    };

    /// <summary><c>--dashboard</c>.</summary>
    public Option<int?> Dashboard { get; } = LivePages.Port("--dashboard", "Show the run in a browser while it goes on, at localhost:PORT. [default: 6060, or a free one where that is taken]", mayBeLeftOut: true);

    /// <summary><c>--json</c>.</summary>
    public Option<bool> Json { get; } = CommonOptions.Json();

    /// <inheritdoc/>
    public override IReadOnlyList<ConfigOption> Keys { get; } =
    [
        Data,
        ConfigOption.Of("--tokenizer", "data.tokenizer", "NAME|FILE", "What a token is: character, byte, gpt2, or a tokenizer.json. [default: character]"),
        Optimizer,
        ConfigOption.Of("--qk-clip", "qkClip.tau", "TAU|off", "Greatest attention logit a head may have before its query and key weights are scaled down; off: never. [default: 100]"),
        Steps,
        ConfigOption.Of("--from", "train.from", "RUN", "A run, one of its checkpoints, or a stored model, whose weights the new run begins with; tokenizer and model come with them."),
        ConfigOption.Of("--seed", "train.seed", "N", "Seed of everything random. [default: the preset's]"),
        Threads,
        ConfigOption.Of("--shards", "train.shards", "N", "Equal parts of each step that as many ranks at most may share; fixes the bits for any number of them. [default: 1; over ranks, a power of two]"),
    ];

    /// <summary>Adds all of them to the command, in the order in which the help shows them.</summary>
    public void AddTo(Command command)
    {
        Option[] all = [Preset, Config, Set, .. Keys.Select(key => key.Option), Reduce, Timeout, Run, Resume, Profile, Dashboard, Verbose, Json];
        foreach (Option option in all)
        {
            command.Add(option);
        }
    }
}

/// <summary>How the tool was started, so that the commands it suggests can be pasted.</summary>
internal static class ToolInvocation
{
    private const string Project = "src/MuonSharp.Cli";

    /// <summary><c>muonsharp</c> where it is installed; in a clone, the README's command.</summary>
    public static string Prefix { get; } =
        AppContext.BaseDirectory.Contains(Path.Combine("artifacts", "bin", "MuonSharp.Cli"), StringComparison.Ordinal) && Directory.Exists(Project)
            ? $"dotnet run -c Release --project {Project} --"
            : "muonsharp";
}

/// <summary>Names run folders that the user did not name.</summary>
internal static class RunName
{
    private const string Parent = "runs";

    /// <summary>A folder below <c>runs</c> that does not exist yet: preset, date and time.</summary>
    public static string Next(string preset)
    {
        string now = TimeProvider.System.GetLocalNow().ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture);
        string name = Path.Combine(Parent, $"{(preset.Length == 0 ? "run" : preset)}-{now}");
        return Enumerable.Range(1, int.MaxValue)
            .Select(number => number == 1 ? name : $"{name}-{number}")
            .First(candidate => !Path.Exists(candidate));
    }
}
