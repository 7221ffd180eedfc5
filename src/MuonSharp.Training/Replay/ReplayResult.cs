using System.Collections.Immutable;

namespace MuonSharp.Training;

/// <summary>What the replay of a recorded run gave.</summary>
/// <param name="Parameters">One row a parameter, in the order of the groups.</param>
/// <param name="Steps">Steps that were run.</param>
public sealed record ReplayResult(ImmutableArray<ReplayDeviation> Parameters, int Steps)
{
    /// <summary>The parameter that deviates most.</summary>
    public ReplayDeviation Worst => Parameters.MaxBy(row => row.Deviation)!;
}
