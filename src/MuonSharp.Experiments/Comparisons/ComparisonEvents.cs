using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>Something that happened in a comparison.</summary>
public abstract record ComparisonEvent;

/// <summary>A run begins, or goes on.</summary>
/// <param name="Task">What it is for.</param>
/// <param name="Number">Its number in the comparison, from 1.</param>
/// <param name="Most">Runs of the whole comparison at most: it only shrinks.</param>
/// <param name="Step">Steps that it has done in an earlier call.</param>
public sealed record ComparisonRunStarted(ComparisonTask Task, int Number, int Most, long Step) : ComparisonEvent;

/// <summary>Something happened in the run that is going on.</summary>
/// <param name="Task">What the run is for.</param>
/// <param name="Number">Its number in the comparison, from 1.</param>
/// <param name="Most">Runs of the whole comparison at most: it only shrinks.</param>
/// <param name="Happened">What happened.</param>
/// <param name="Remaining">Estimate of the time that the runs still take, if no sweep is extended and every budget is tried at one rate.</param>
public sealed record ComparisonRunProgress(ComparisonTask Task, int Number, int Most, TrainingEvent Happened, TimeSpan Remaining) : ComparisonEvent;

/// <summary>A run is done.</summary>
/// <param name="Run">What came of it.</param>
/// <param name="Number">Its number in the comparison, from 1.</param>
/// <param name="Most">Runs of the whole comparison at most: it only shrinks.</param>
/// <param name="WasThere">Whether an earlier call had done all of it.</param>
public sealed record ComparisonRunFinished(ComparisonRun Run, int Number, int Most, bool WasThere) : ComparisonEvent;

/// <summary>Steps are being timed: a round of turns is over.</summary>
/// <param name="Round">Rounds done.</param>
/// <param name="Rounds">Rounds at most.</param>
public sealed record ComparisonMeasuring(int Round, int Rounds) : ComparisonEvent;
