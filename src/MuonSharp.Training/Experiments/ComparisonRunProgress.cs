namespace MuonSharp.Training;

/// <summary>Something happened in the run that is going on.</summary>
/// <param name="Task">What the run is for.</param>
/// <param name="Number">Its number in the comparison, from 1.</param>
/// <param name="Most">Runs of the whole comparison at most: it only shrinks.</param>
/// <param name="Happened">What happened.</param>
/// <param name="Remaining">Estimate of the time that the runs still take, if no sweep is extended and every budget is tried at one rate.</param>
public sealed record ComparisonRunProgress(ComparisonTask Task, int Number, int Most, TrainingEvent Happened, TimeSpan Remaining) : ComparisonEvent;
