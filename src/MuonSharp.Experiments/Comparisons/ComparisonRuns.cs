using MuonSharp.Formats;
using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>The training runs of a comparison: each an ordinary run folder below its own. What is there is not trained again.</summary>
internal sealed class ComparisonRuns(string folder, TrainerOptions surroundings)
{
    private const string Done = "finished";
    private const string Diverged = "diverged";

    /// <summary>Name of a run's folder: the same for the same task, so that it is found again.</summary>
    public static string NameOf(ComparisonTask task)
    {
        string label = string.Concat(task.Optimizer.Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' ? letter : '_'));
        return $"{label}-lr{LearningRateSweep.Text(task.LearningRate)}-steps{task.Steps}";
    }

    /// <summary>A run that an earlier call has done to its end; null if there is none.</summary>
    /// <exception cref="ConfigurationException">There is one of another configuration.</exception>
    /// <exception cref="InvalidFileException">Its metrics do not say what came of it.</exception>
    public ComparisonRun? Find(ComparisonTask task, TrainingConfig config)
    {
        RunFolder run = FolderOf(task);
        if (!run.HoldsRun)
        {
            return null;
        }

        Check(run, config);
        RunCurves curves = RunCurves.Read(run);
        return curves.End is Done or Diverged ? Result(task, run, curves) : null;
    }

    /// <summary>Trains a run from its newest checkpoint, or from its beginning; null when it was cancelled.</summary>
    /// <exception cref="InvalidFileException">Its metrics do not say what came of it: those that an earlier call had written are damaged.</exception>
    public async Task<ComparisonRun?> TrainAsync(ComparisonTask task, TrainingConfig config, Action<Trainer> begun, Action<TrainingEvent> tell, CancellationToken cancellation)
    {
        RunFolder run = FolderOf(task);
        using (Trainer trainer = run.HoldsRun ? Trainer.Resume(run.Path, config, surroundings) : Trainer.Create(config, run.Path, surroundings))
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

        return Result(task, run, RunCurves.Read(run));
    }

    private static ComparisonRun Result(ComparisonTask task, RunFolder run, RunCurves curves) => new(task, NameOf(task))
    {
        FinalLoss = FinalLoss(task, run, curves),
        Accuracy = curves.LastNumber("accuracy"),
        AccuracyOfViews = curves.LastNumber("accuracy_views"),
        Evaluations = curves.Evaluations,
        Training = curves.Training,
    };

    /// <summary>Infinity only for a run that says so itself: a good one whose metrics are damaged must not pass for one that diverged.</summary>
    private static double FinalLoss(ComparisonTask task, RunFolder run, RunCurves curves)
    {
        if (curves.End == Diverged)
        {
            return double.PositiveInfinity;
        }

        string? missing = curves.DamagedLine is { } line ? $"line {line} cannot be read"
            : curves.End != Done ? "it does not say how the run ended"
            : curves.Evaluations is not [.., var last] || last.Step != task.Steps ? $"it has no evaluation after step {task.Steps}, the last one"
            : null;
        return missing is null
            ? curves.Evaluations[^1].Loss
            : throw new InvalidFileException("compare", run.MetricsPath, $"it must hold the whole of a finished run; {missing} (after deleting {run.Path} the same command trains that run again)");
    }

    private static void Check(RunFolder run, TrainingConfig config)
    {
        try
        {
            ResumeRules.Check(run.ReadConfig(), config);
        }
        catch (ConfigurationException error)
        {
            throw new ConfigurationException([.. error.Problems.Select(problem => $"[compare] {run.Path}: {problem}")]);
        }
    }

    private RunFolder FolderOf(ComparisonTask task) => new(Path.Combine(folder, NameOf(task)));
}

/// <summary>A run of a comparison, done.</summary>
/// <param name="Task">What it was for.</param>
/// <param name="Folder">Its run folder, below the comparison's.</param>
public sealed record ComparisonRun(ComparisonTask Task, string Folder)
{
    /// <summary>Loss over the whole validation split after the last step, in nats per token or image; infinity for a run that diverged.</summary>
    public required double FinalLoss { get; init; }

    /// <summary>Share of the held-out images that were right in the last evaluation, 0 to 1; null where the run is not of images, or was not evaluated.</summary>
    public double? Accuracy { get; init; }

    /// <summary>The same by the mean of several views' logits; null where the run has one view alone.</summary>
    public double? AccuracyOfViews { get; init; }

    /// <summary>Whether gradients or the loss at the end were not finite.</summary>
    public bool Diverged => !double.IsFinite(FinalLoss);

    /// <summary>The evaluations over the whole validation split.</summary>
    public required IReadOnlyList<CurvePoint> Evaluations { get; init; }

    /// <summary>The training loss, smoothed (0.9 of the mean so far), at no more than a few hundred steps.</summary>
    public required IReadOnlyList<CurvePoint> Training { get; init; }
}

/// <summary>How long the runs still to do will take, from those of this process.</summary>
internal sealed class ComparisonClock(TimeProvider time)
{
    private readonly Dictionary<string, (long Steps, TimeSpan Time)> _done = new(StringComparer.Ordinal);
    private long _start;
    private long _firstStep;

    /// <summary>A run begins.</summary>
    public void Begin(long step) => (_start, _firstStep) = (time.GetTimestamp(), step);

    /// <summary>The run that is going on has ended, with all that belongs to it.</summary>
    public void End(ComparisonTask task, long step)
    {
        (long steps, TimeSpan elapsed) = _done.GetValueOrDefault(task.Optimizer);
        _done[task.Optimizer] = (steps + step - _firstStep, elapsed + time.GetElapsedTime(_start));
    }

    /// <summary>Time for the rest of a run and for the runs after it; an optimizer that has not been seen is taken to be like the rest.</summary>
    public TimeSpan Remaining(ComparisonTask task, long step, IEnumerable<ComparisonTask> after)
    {
        Dictionary<string, (long Steps, TimeSpan Time)> known = new(_done, StringComparer.Ordinal);
        (long steps, TimeSpan elapsed) = known.GetValueOrDefault(task.Optimizer);
        known[task.Optimizer] = (steps + step - _firstStep, elapsed + time.GetElapsedTime(_start));
        long all = known.Values.Sum(seen => seen.Steps);
        if (all == 0)
        {
            return TimeSpan.Zero;
        }

        TimeSpan usual = known.Values.Aggregate(TimeSpan.Zero, (sum, seen) => sum + seen.Time) / all;
        return (Pace(task) * (task.Steps - step)) + after.Aggregate(TimeSpan.Zero, (sum, next) => sum + (Pace(next) * next.Steps));

        TimeSpan Pace(ComparisonTask next) =>
            known.GetValueOrDefault(next.Optimizer) is { Steps: > 0 } seen ? seen.Time / seen.Steps : usual;
    }
}
