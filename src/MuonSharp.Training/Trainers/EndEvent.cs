namespace MuonSharp.Training;

/// <summary>The run ended: always the last event, but for a run that throws.</summary>
/// <param name="Step">Number of steps done.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="SmoothedLoss">Smoothed training loss; NaN before the first step.</param>
/// <param name="Validation">The last evaluation; null when there was none.</param>
/// <param name="Elapsed">Time since <see cref="Trainer.RunAsync"/> began.</param>
public sealed record EndEvent(
    long Step, TrainingOutcome Outcome, double SmoothedLoss, EvaluationResult? Validation, TimeSpan Elapsed) : TrainingEvent(Step);
