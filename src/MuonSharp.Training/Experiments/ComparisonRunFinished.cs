namespace MuonSharp.Training;

/// <summary>A run is done.</summary>
/// <param name="Run">What came of it.</param>
/// <param name="Number">Its number in the comparison, from 1.</param>
/// <param name="Expected">Runs of the whole comparison, if no sweep is extended and every budget is tried.</param>
/// <param name="WasThere">Whether an earlier call had done all of it.</param>
public sealed record ComparisonRunFinished(ComparisonRun Run, int Number, int Expected, bool WasThere) : ComparisonEvent;
