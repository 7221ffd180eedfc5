namespace MuonSharp.Training;

/// <summary>A step was skipped because a gradient held a NaN or an infinity; no weight and no optimizer state changed.</summary>
/// <param name="Step">Number of steps done, this one counted.</param>
/// <param name="Parameter">The first parameter with such a gradient.</param>
/// <param name="InARow">Skipped steps in a row, this one counted.</param>
public sealed record SkippedEvent(long Step, string Parameter, int InARow) : TrainingEvent(Step);
