using System.Globalization;
using MuonSharp.Experiments;

namespace MuonSharp.Reports;

/// <summary>The result as tables: a header, and a row for each optimizer. Terminal and page show the same cells.</summary>
internal static class ComparisonTable
{
    private const string None = "-";

    /// <summary>All in one: what is lost and what it takes.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Of(ComparisonResult result) =>
        [.. Losses(result).Zip(Times(result), (losses, times) => (string[])[.. losses, .. times.Skip(1)])];

    /// <summary>The half that is the same on every machine.</summary>
    public static IEnumerable<IReadOnlyList<string>> Losses(ComparisonResult result) =>
        result.Rows.Select(row => (string[])
        [
            row.Label,
            row.Best is { } best ? Amount.Rate(best.Task.LearningRate) + (row.BestAtEdge ? " (edge)" : "") : None,
            row.Best is null ? "diverged" : Amount.Loss(row.FinalLoss),
            row.LeastBudget is { } budget ? Budget(budget.Task, row.Best!.Task) : "not reached",
            row.CrossingStep is { } crossing ? Crossing(crossing, result.Plan.Steps) : None,
        ]).Prepend(["optimizer", "learning rate", "final loss", "least budget", "curve crosses"]);

    /// <summary>The step as exactly as the percentage: with decimals where a tenth of a percent is less than a step.</summary>
    private static string Crossing(double step, int steps) =>
        string.Create(CultureInfo.InvariantCulture, $"{100 * step / steps:0.0} %, step {step.ToString(steps >= 1000 ? "#,0" : steps >= 100 ? "0.#" : "0.##", CultureInfo.InvariantCulture)}");

    private static string Budget(ComparisonTask task, ComparisonTask best) =>
        $"{task.Percent} %, {Amount.Count(task.Steps)} steps" + (task.LearningRate == best.LearningRate ? "" : $" at {Amount.Rate(task.LearningRate)}");

    /// <summary>The half that was measured on this machine.</summary>
    public static IEnumerable<IReadOnlyList<string>> Times(ComparisonResult result) =>
        result.Rows.Select(row => (string[])
        [
            row.Label,
            .. row.Timing is { } timing
                ? (string[])[Amount.Milliseconds(timing.StepMilliseconds), $"{timing.Ratio:0.00}", $"{100 * timing.OptimizerShare:0.0} %", Amount.Short(timing.TokensPerSecond)]
                : [None, None, None, None],
            row.SecondsToTarget is { } seconds ? Amount.Seconds(seconds) : None,
        ]).Prepend(["optimizer", "time per step", "ratio", "optimizer's share", "tokens/s", "time to target"]);
}
