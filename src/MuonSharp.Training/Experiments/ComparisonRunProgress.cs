namespace MuonSharp.Training;

/// <summary>Something happened in the run that is going on.</summary>
/// <param name="Task">What the run is for.</param>
/// <param name="Number">Its number in the comparison, from 1.</param>
/// <param name="Expected">Runs of the whole comparison, if no sweep is extended and every budget is tried.</param>
/// <param name="Happened">What happened.</param>
/// <param name="Remaining">Estimate of the time that all these runs still take.</param>
public sealed record ComparisonRunProgress(ComparisonTask Task, int Number, int Expected, TrainingEvent Happened, TimeSpan Remaining) : ComparisonEvent;
