namespace MuonSharp.Training;

/// <summary>A point of a loss curve.</summary>
/// <param name="Step">Number of steps done.</param>
/// <param name="Loss">Nats per token.</param>
public readonly record struct CurvePoint(long Step, double Loss);
