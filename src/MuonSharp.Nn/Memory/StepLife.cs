namespace MuonSharp.Nn;

/// <summary>A stretch of a tape's timeline in which a buffer holds something.</summary>
/// <param name="First">Time of the first use.</param>
/// <param name="Last">Time of the last use.</param>
public readonly record struct StepLife(int First, int Last)
{
    /// <summary>Whether both share a time.</summary>
    /// <param name="other">Another life.</param>
    /// <returns>Whether they do.</returns>
    public bool Meets(StepLife other) => First <= other.Last && other.First <= Last;
}
