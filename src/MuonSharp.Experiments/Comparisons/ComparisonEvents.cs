using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>A run of a comparison, with everything about it decided.</summary>
/// <param name="Task">What it is for.</param>
/// <param name="Number">Its number in the comparison, from 1.</param>
/// <param name="Most">Runs of the whole comparison at most: it only shrinks.</param>
/// <param name="Seed">Its seed.</param>
/// <param name="Threads">Threads that it computes with.</param>
/// <param name="Config">Its configuration, seed and threads included.</param>
/// <param name="Folder">Its run folder, below the comparison's.</param>
public sealed record ComparisonJob(ComparisonTask Task, int Number, int Most, ulong Seed, int Threads, TrainingConfig Config, string Folder) : PlannedRun(Seed, Threads, Config, Folder);

/// <summary>Something that happened in a comparison.</summary>
public abstract record ComparisonEvent;

/// <summary>A run begins, or goes on.</summary>
/// <param name="Job">The run.</param>
/// <param name="Step">Steps that it has done in an earlier call.</param>
public sealed record ComparisonRunStarted(ComparisonJob Job, long Step) : ComparisonEvent;

/// <summary>Something happened in a run that is going on.</summary>
/// <param name="Job">The run.</param>
/// <param name="Happened">What happened.</param>
/// <param name="Going">Runs that are going on.</param>
/// <param name="Remaining">Estimate of the time that the runs still take, if no sweep is extended and every budget is tried at one rate.</param>
public sealed record ComparisonRunProgress(ComparisonJob Job, TrainingEvent Happened, int Going, TimeSpan Remaining) : ComparisonEvent;

/// <summary>A run is done, and all with smaller numbers are.</summary>
/// <param name="Job">The run.</param>
/// <param name="Run">What came of it.</param>
/// <param name="WasThere">Whether an earlier call had done all of it.</param>
public sealed record ComparisonRunFinished(ComparisonJob Job, TrainedRun Run, bool WasThere) : ComparisonEvent;

/// <summary>Steps are being timed: a round of turns is over.</summary>
/// <param name="Round">Rounds done.</param>
/// <param name="Rounds">Rounds at most.</param>
public sealed record ComparisonMeasuring(int Round, int Rounds) : ComparisonEvent;
