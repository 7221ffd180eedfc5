using MuonSharp.Cli.Output;
using MuonSharp.Training;

namespace MuonSharp.Cli.Compare;

/// <summary>The result as a table: a header, and a row for each optimizer. Terminal and page show the same cells.</summary>
internal static class ComparisonTable
{
    /// <summary>Rows of cells, the header first.</summary>
    public static IEnumerable<IReadOnlyList<string>> Of(ComparisonResult result) =>
        result.Rows.Select(row => Cells(row, result)).Prepend(
            ["optimizer", "learning rate", "final loss", "least budget", "curve crosses", "ms per step", "ratio", "optimizer", "tokens/s", "time to target"]);

    private static string[] Cells(ComparisonRow row, ComparisonResult result) =>
    [
        row.Label,
        row.Best is { } best ? Amount.Rate(best.Task.LearningRate) + (row.BestAtEdge ? " (edge)" : "") : "-",
        row.Best is null ? "diverged" : Amount.Loss(row.FinalLoss),
        row.LeastBudget is { } budget ? $"{budget.Task.Percent} %, {Amount.Count(budget.Task.Steps)} steps" : "not reached",
        row.CrossingStep is { } crossing ? $"{100 * crossing / result.Plan.Steps:0.0} %, step {Amount.Count((long)Math.Ceiling(crossing))}" : "-",
        .. row.Timing is { } timing
            ? (string[])[Amount.Milliseconds(timing.StepMilliseconds), $"{timing.Ratio:0.00}", $"{100 * timing.OptimizerShare:0.0} %", Amount.Short(timing.TokensPerSecond)]
            : ["-", "-", "-", "-"],
        row.SecondsToTarget is { } seconds ? Amount.Time(TimeSpan.FromSeconds(seconds)) : "-",
    ];
}
