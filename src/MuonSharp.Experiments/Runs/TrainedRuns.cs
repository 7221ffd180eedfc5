using MuonSharp.Formats;
using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>The trainings of an experiment: each an ordinary run folder below its own. What is there is not trained again, what was interrupted goes on at its checkpoint.</summary>
/// <param name="operation">The command that needs them, for messages.</param>
/// <param name="folder">The experiment's folder.</param>
/// <param name="surroundings">Clock, files, and what reads pictures.</param>
internal sealed class TrainedRuns(string operation, string folder, TrainerOptions surroundings)
{
    private const string Done = "finished";
    private const string Diverged = "diverged";

    /// <summary>A run that an earlier call has done to its end; null if there is none.</summary>
    /// <param name="name">Name of its folder below the experiment's.</param>
    /// <param name="config">What it must have been.</param>
    /// <exception cref="ConfigurationException">There is one of another configuration.</exception>
    /// <exception cref="InvalidFileException">Its metrics do not say what came of it.</exception>
    public TrainedRun? Find(string name, TrainingConfig config)
    {
        RunFolder run = FolderOf(name);
        if (!run.HoldsRun)
        {
            return null;
        }

        Check(run, config);
        RunCurves curves = RunCurves.Read(run, operation);
        return curves.End is Done or Diverged ? Result(name, config, curves, run) : null;
    }

    /// <summary>Trains a run from its newest checkpoint, or from its beginning; null when it was cancelled.</summary>
    /// <exception cref="InvalidFileException">Its metrics do not say what came of it: those that an earlier call had written are damaged.</exception>
    public async Task<TrainedRun?> TrainAsync(string name, TrainingConfig config, Action<Trainer> begun, Action<TrainingEvent> tell, CancellationToken cancellation)
    {
        RunFolder run = FolderOf(name);
        using (Trainer trainer = Trainer.CreateOrResume(config, run.Path, surroundings))
        {
            begun(trainer);
            try
            {
                await foreach (TrainingEvent happened in trainer.RunAsync(cancellation))
                {
                    tell(happened);
                    if (happened is EndEvent { Outcome: TrainingOutcome.Cancelled })
                    {
                        return null;
                    }
                }
            }
            catch (DivergedException)
            {
                // A learning rate that is too high: a result like any other, and the run's last line says so.
            }
        }

        return Result(name, config, RunCurves.Read(run, operation), run);
    }

    private TrainedRun Result(string name, TrainingConfig config, RunCurves curves, RunFolder run) => new(name, FinalLoss(run, curves), curves.Evaluations, curves.Training)
    {
        Seed = config.Train.Seed,
        Accuracy = curves.LastNumber("accuracy"),
        AccuracyOfViews = curves.LastNumber("accuracy_views"),
    };

    /// <summary>Infinity only for a run that says so itself: a good one whose metrics are damaged must not pass for one that diverged.</summary>
    private double FinalLoss(RunFolder run, RunCurves curves)
    {
        if (curves.End == Diverged)
        {
            return double.PositiveInfinity;
        }

        string? missing = curves.DamagedLine is { } line ? $"line {line} cannot be read"
            : curves.End != Done ? "it does not say how the run ended"
            : curves.Evaluations is not [.., var last] || last.Step != curves.Step ? $"it has no evaluation after step {curves.Step}, the last one"
            : null;
        return missing is null
            ? curves.Evaluations[^1].Loss
            : throw new InvalidFileException(operation, run.MetricsPath, $"it must hold the whole of a finished run; {missing} (after deleting {run.Path} the same command trains that run again)");
    }

    private void Check(RunFolder run, TrainingConfig config)
    {
        try
        {
            TrainingConfig saved = run.ReadConfig();
            ResumeRules.Check(saved, TrainerFactory.AsBegun(config, run.Path));
            if (saved.Train.Steps != config.Train.Steps)
            {
                throw new ConfigurationException($"[resume] train.steps must stay as the run began; {saved.Train.Steps} was saved, {config.Train.Steps} came");
            }
        }
        catch (ConfigurationException error)
        {
            throw new ConfigurationException([.. error.Problems.Select(problem => problem.Replace("[resume]", $"[{operation}] {run.Path}:", StringComparison.Ordinal))]);
        }
    }

    private RunFolder FolderOf(string name) => new(Path.Combine(folder, name));
}
