namespace MuonSharp.Training;

/// <summary>A run is done.</summary>
/// <param name="Run">What came of it.</param>
/// <param name="Number">Its number in the comparison, from 1.</param>
/// <param name="Most">Runs of the whole comparison at most: it only shrinks.</param>
/// <param name="WasThere">Whether an earlier call had done all of it.</param>
public sealed record ComparisonRunFinished(ComparisonRun Run, int Number, int Most, bool WasThere) : ComparisonEvent;
