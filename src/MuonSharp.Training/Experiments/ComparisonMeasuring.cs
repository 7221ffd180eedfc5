namespace MuonSharp.Training;

/// <summary>Steps are being timed: a round of turns is over.</summary>
/// <param name="Round">Rounds done.</param>
/// <param name="Rounds">Rounds at most.</param>
public sealed record ComparisonMeasuring(int Round, int Rounds) : ComparisonEvent;
