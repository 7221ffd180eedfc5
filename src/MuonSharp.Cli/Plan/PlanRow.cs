using MuonSharp.Optimizers;

namespace MuonSharp.Cli.Plan;

/// <summary>One matrix, or one tensor that is not stepped as matrices, as a line of the plan.</summary>
/// <param name="Tensor">The parameter's name.</param>
/// <param name="Part">The part of a fused tensor, or empty.</param>
/// <param name="Shape">[out, in] of a matrix, the stored shape of another tensor.</param>
/// <param name="Weights">Number of elements.</param>
/// <param name="Optimizer">Who steps it.</param>
/// <param name="Flops">FLOPs a step that the optimizer spends on the matrix.</param>
/// <param name="Reason">Why it goes there.</param>
internal sealed record PlanRow(string Tensor, string Part, string Shape, long Weights, string Optimizer, double Flops, string Reason)
{
    /// <summary>The lines of a routing, in the order of the parameters.</summary>
    public static IEnumerable<PlanRow> Of(RoutingPlan routing) => routing.Rows.SelectMany(row => row.Slices.IsEmpty
        ? [new PlanRow(row.Parameter.Name, "", $"[{string.Join(", ", row.Parameter.Shape)}]", row.Parameter.Length, row.Optimizer, 0, row.Reason)]
        : row.Slices.Select(matrix => new PlanRow(
            row.Parameter.Name, matrix.Name, $"[{matrix.FanOut}, {matrix.FanIn}]", matrix.Length, row.Optimizer, row.FlopsOf(matrix), row.Reason)));
}
