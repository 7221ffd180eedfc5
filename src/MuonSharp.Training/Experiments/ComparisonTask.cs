namespace MuonSharp.Training;

/// <summary>A run that a comparison needs.</summary>
/// <param name="Optimizer">Label of the optimizer.</param>
/// <param name="Purpose">Why it is needed.</param>
/// <param name="LearningRate">Peak learning rate of the hidden matrices.</param>
/// <param name="Steps">Its length.</param>
/// <param name="Percent">Its length in percent of the full one.</param>
public sealed record ComparisonTask(string Optimizer, ComparisonPurpose Purpose, double LearningRate, int Steps, int Percent);
