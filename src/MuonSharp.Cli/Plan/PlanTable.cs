using MuonSharp.Cli.Output;
using MuonSharp.Optimizers;

namespace MuonSharp.Cli.Plan;

/// <summary>Who steps what: the table of a plan.</summary>
internal static class PlanTable
{
    private static readonly string[] Header = ["parameter", "shape", "", "weights", "optimizer", "FLOPs each", "why"];

    /// <summary>Rows of cells, the header first.</summary>
    /// <param name="routing">The routing.</param>
    /// <param name="all">Whether every tensor and matrix has a line of its own.</param>
    public static IReadOnlyList<IReadOnlyList<string>> Of(RoutingPlan routing, bool all)
    {
        var rows = PlanRow.Of(routing);
        return
        [
            Header,
            .. all
                ? rows.Select(row => Cells(row, row.Tensor, 1))
                : rows.GroupBy(row => row with { Tensor = LayerNames.Pattern(row.Tensor) })
                    .Select(alike => Cells(alike.Key, LayerNames.Join([.. alike.Select(row => row.Tensor)]), alike.Count())),
        ];
    }

    private static string[] Cells(PlanRow row, string name, int count) =>
    [
        row.Part.Length == 0 ? name : $"{name} {row.Part}",
        row.Shape,
        count == 1 ? "" : $"x{count}",
        Amount.Count(row.Weights * count),
        row.Optimizer,
        row.Flops > 0 ? Amount.Short(row.Flops) : "",
        row.Reason,
    ];
}
