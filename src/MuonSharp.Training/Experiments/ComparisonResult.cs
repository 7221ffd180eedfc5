using System.Text.Json.Nodes;

namespace MuonSharp.Training;

/// <summary>What a comparison found out.</summary>
/// <param name="Plan">What was compared.</param>
/// <param name="Rows">A row for each optimizer, in their order.</param>
/// <param name="Runs">All runs that are done, in the order of their doing.</param>
/// <param name="Complete">Whether nothing is left to do; false for one that was cancelled.</param>
public sealed record ComparisonResult(ComparisonPlan Plan, IReadOnlyList<ComparisonRow> Rows, IReadOnlyList<ComparisonRun> Runs, bool Complete)
{
    /// <summary>Where steps were timed, as <see cref="RunEnvironment.Describe"/> says it; null while none were.</summary>
    public JsonObject? Environment { get; init; }

    /// <summary>The loss that all are measured by: the first optimizer's final one; infinity while there is none.</summary>
    public double TargetLoss => Rows[0].FinalLoss;
}
