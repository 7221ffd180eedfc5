using System.Text.Json.Nodes;
using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>What a comparison found out.</summary>
/// <param name="Plan">What was compared.</param>
/// <param name="Rows">A row for each optimizer, in their order.</param>
/// <param name="Trials">What was trained, in the order of its doing, with the runs that are done.</param>
/// <param name="Complete">Whether nothing is left to do; false for one that was cancelled.</param>
public sealed record ComparisonResult(ComparisonPlan Plan, IReadOnlyList<ComparisonRow> Rows, IReadOnlyList<ComparisonTrial> Trials, bool Complete)
{
    /// <summary>Where steps were timed, as <see cref="RunEnvironment.Describe"/> says it; null while none were.</summary>
    public JsonObject? Environment { get; init; }

    /// <summary>All runs that are done, in the order of their doing; those of a trial follow each other.</summary>
    public IReadOnlyList<ComparisonRun> Runs => [.. Trials.SelectMany(trial => trial.Runs.Select(run => new ComparisonRun(trial.Task, run)))];

    /// <summary>The loss that all are measured by: the first optimizer's final one, over several seeds the mean; infinity while there is none.</summary>
    public double TargetLoss => Rows[0].FinalLoss;
}

/// <summary>A run of a comparison, done.</summary>
public sealed record ComparisonRun : TrainedRun
{
    /// <summary>A run with what it was for.</summary>
    /// <param name="task">What it was for.</param>
    /// <param name="run">The run.</param>
    public ComparisonRun(ComparisonTask task, TrainedRun run)
        : base(run) => Task = task;

    /// <summary>What it was for.</summary>
    public ComparisonTask Task { get; init; }
}

/// <summary>A learning rate and length of one optimizer, with its runs.</summary>
/// <param name="Task">What they are for.</param>
/// <param name="Runs">Those that are done, in the order of the seeds.</param>
public sealed record ComparisonTrial(ComparisonTask Task, IReadOnlyList<TrainedRun> Runs) : SeededRuns(Runs);

/// <summary>What a comparison found out about one optimizer.</summary>
/// <param name="Label">The optimizer.</param>
public sealed record ComparisonRow(string Label)
{
    /// <summary>The runs of full length with the best learning rate, that of the least mean loss; null while there is none, or if at every rate a run diverged.</summary>
    public ComparisonTrial? Best { get; init; }

    /// <summary>Whether the sweep ended with its best learning rate at an edge, so that a better one may lie beyond.</summary>
    public bool BestAtEdge { get; init; }

    /// <summary>The shortest runs with a schedule of their own length whose mean final loss is at most the target; null: not even the full ones.</summary>
    public ComparisonTrial? LeastBudget { get; init; }

    /// <summary>Where the evaluations of the best full runs, by their means, first come down to the target, in steps, on straight lines between them; null: they do not.</summary>
    public double? CrossingStep { get; init; }

    /// <summary>What a step takes; null while nothing was timed.</summary>
    public StepTiming? Timing { get; init; }

    /// <summary>Mean loss over the validation split at the end of <see cref="Best"/>; infinity without one.</summary>
    public double FinalLoss => Best?.Loss.Mean ?? double.PositiveInfinity;

    /// <summary>Time of the steps of <see cref="LeastBudget"/>, in seconds; null where one of the two is not known.</summary>
    public double? SecondsToTarget => LeastBudget?.Task.Steps * Timing?.StepMilliseconds / 1000;
}

/// <summary>What the runs of a comparison say.</summary>
internal static class ComparisonAnalysis
{
    /// <summary>An optimizer's row after some runs of its sweep.</summary>
    /// <param name="label">The optimizer.</param>
    /// <param name="trials">Its learning rates whose runs are done.</param>
    /// <param name="sweep">The sweep that they belong to.</param>
    /// <param name="target">The loss to reach; null for the optimizer whose loss it is.</param>
    public static ComparisonRow OfSweep(string label, IReadOnlyList<ComparisonTrial> trials, LearningRateSweep sweep, double? target)
    {
        ComparisonTrial? best = sweep.Best is { } rate ? trials.First(trial => trial.Task.LearningRate == rate) : null;
        double loss = target ?? best?.Loss.Mean ?? double.NaN;
        return new(label)
        {
            Best = best,
            BestAtEdge = sweep.BestAtEdge,
            LeastBudget = best?.Loss.Mean <= loss && double.IsFinite(loss) ? best : null,
            CrossingStep = best is not null && double.IsFinite(loss) ? LossCurve.Crossing([.. best.Curve.Select(point => new CurvePoint(point.Step, point.Loss.Mean))], loss) : null,
        };
    }
}

/// <summary>What is read off a loss curve.</summary>
internal static class LossCurve
{
    /// <summary>Where a curve first comes down to a loss, in steps; on straight lines between its points. Null: it does not.</summary>
    /// <remarks>A curve that begins at or below the loss crosses it at its first point: nothing is known of what lies before.</remarks>
    public static double? Crossing(IReadOnlyList<CurvePoint> curve, double loss)
    {
        CurvePoint? before = null;
        foreach (CurvePoint point in curve)
        {
            if (point.Loss <= loss)
            {
                return before is { } start && double.IsFinite(start.Loss)
                    ? start.Step + ((point.Step - start.Step) * ((start.Loss - loss) / (start.Loss - point.Loss)))
                    : point.Step;
            }

            before = point;
        }

        return null;
    }
}

/// <summary>What was timed, and where.</summary>
/// <param name="Timings">Timings by label.</param>
/// <param name="Environment">The machine; null when nothing was timed.</param>
internal sealed record MeasuredTimes(IReadOnlyDictionary<string, StepTiming> Timings, JsonObject? Environment)
{
    /// <summary>Nothing was timed.</summary>
    public static MeasuredTimes None { get; } = new(new Dictionary<string, StepTiming>(StringComparer.Ordinal), null);

    /// <summary>The timing of an optimizer; null if there is none.</summary>
    public StepTiming? Of(string label) => Timings.GetValueOrDefault(label);
}
