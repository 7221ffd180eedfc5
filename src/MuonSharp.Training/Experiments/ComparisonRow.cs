namespace MuonSharp.Training;

/// <summary>What a comparison found out about one optimizer.</summary>
/// <param name="Label">The optimizer.</param>
public sealed record ComparisonRow(string Label)
{
    /// <summary>The run of full length with the best learning rate; null while there is none, or if all diverged.</summary>
    public ComparisonRun? Best { get; init; }

    /// <summary>Whether the sweep ended with its best learning rate at an edge, so that a better one may lie beyond.</summary>
    public bool BestAtEdge { get; init; }

    /// <summary>The shortest run with a schedule of its own length whose final loss is at most the target; null: not even the full one.</summary>
    public ComparisonRun? LeastBudget { get; init; }

    /// <summary>Where the best full run's evaluations first come down to the target, in steps, on straight lines between them; null: they do not.</summary>
    public double? CrossingStep { get; init; }

    /// <summary>What a step takes; null while nothing was timed.</summary>
    public StepTiming? Timing { get; init; }

    /// <summary>Loss over the validation split at the end of <see cref="Best"/>; infinity without one.</summary>
    public double FinalLoss => Best?.FinalLoss ?? double.PositiveInfinity;

    /// <summary>Time of the steps of <see cref="LeastBudget"/>, in seconds; null where one of the two is not known.</summary>
    public double? SecondsToTarget => LeastBudget?.Task.Steps * Timing?.StepMilliseconds / 1000;
}
