namespace MuonSharp.Training;

/// <summary>The model was evaluated on the whole held-out text.</summary>
/// <param name="Step">Number of steps done.</param>
/// <param name="Result">The loss and what it was measured on.</param>
/// <param name="Elapsed">Time the evaluation took.</param>
public sealed record EvaluationEvent(long Step, EvaluationResult Result, TimeSpan Elapsed) : TrainingEvent(Step);
