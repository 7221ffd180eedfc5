namespace MuonSharp.Training;

/// <summary>A run begins, or goes on.</summary>
/// <param name="Task">What it is for.</param>
/// <param name="Number">Its number in the comparison, from 1.</param>
/// <param name="Most">Runs of the whole comparison at most: it only shrinks.</param>
/// <param name="Step">Steps that it has done in an earlier call.</param>
public sealed record ComparisonRunStarted(ComparisonTask Task, int Number, int Most, long Step) : ComparisonEvent;
