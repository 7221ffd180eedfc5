using System.CommandLine;
using MuonSharp.Cli.Bench;
using MuonSharp.Cli.Errors;
using MuonSharp.Cli.Output;
using MuonSharp.Cli.Signals;
using MuonSharp.Numerics;
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
            "muonsharp train --steps 200 --profile",
            "muonsharp train --json > run.jsonl",
        ]);
    }

    private static async Task<int> RunAsync(ParseResult parsed, TrainOptions options)
    {
        ITrainingView view = parsed.GetValue(options.Json) ? new JsonView() : new TextView(new Terminal(TerminalMode.Detect()));
        using var signals = new StopSignals(view.Stopping);
        using var trainer = Open(parsed, options);
        view.Begin(trainer);
        var outcome = TrainingOutcome.Finished;
        try
        {
            await foreach (var happened in trainer.RunAsync(signals.Token))
            {
                view.Show(happened);
                outcome = happened is EndEvent end ? end.Outcome : outcome;
            }
        }
        catch (DivergedException error)
        {
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

    private static Trainer Open(ParseResult parsed, TrainOptions options)
    {
        var folder = parsed.GetValue(options.Run);
        var surroundings = new TrainerOptions { Profile = parsed.GetValue(options.Profile) };
        if (parsed.GetValue(options.Resume))
        {
            folder = folder ?? throw ToolException.Usage("[train] --resume needs the run to take up: --run DIR");
            return Trainer.Resume(folder, ConfigComposer.Changed(parsed, options, folder), surroundings);
        }

        var config = ConfigComposer.New(parsed, options);
        return Trainer.Create(config, folder ?? RunName.Next(config.Preset), surroundings);
    }
}
