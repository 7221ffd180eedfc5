using System.Globalization;
using MuonSharp.Experiments;

namespace MuonSharp.Reports;

/// <summary>The result as tables: a header, and a row for each optimizer. Terminal and page show the same cells.</summary>
internal static class ComparisonTable
{
    private const string None = "-";

    /// <summary>What losses are measured in.</summary>
    public static string LossUnit(ComparisonPlan plan) => plan.OfImages ? "nats per image" : "nats per token";

    /// <summary>Titles of the columns of <see cref="Accuracies"/>: none, or that of the images alone and, with several views, of these.</summary>
    public static IReadOnlyList<string> AccuracyTitles(ComparisonPlan plan) =>
        !plan.OfImages ? [] : plan.Base.Image.Views > 1 ? ["accuracy", $"with {plan.Base.Image.Views} views"] : ["accuracy"];

    /// <summary>Accuracies of runs, a cell for each of <see cref="AccuracyTitles"/>.</summary>
    public static IEnumerable<string> Accuracies(ComparisonPlan plan, SeededRuns? runs) =>
        AccuracyTitles(plan).Select((_, i) => (i == 0 ? runs?.Accuracy : runs?.AccuracyOfViews) is { } share ? SeededText.Percent(share) : None);

    /// <summary>Two decimals: of ten thousand images every one is seen.</summary>
    public static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.00} %");

    /// <summary>All in one: what is lost and what it takes.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Of(ComparisonResult result) =>
        [.. Losses(result).Zip(Times(result), (losses, times) => (string[])[.. losses, .. times.Skip(1)])];

    /// <summary>The half that is the same on every machine.</summary>
    public static IEnumerable<IReadOnlyList<string>> Losses(ComparisonResult result) =>
        result.Rows.Select(row => (string[])
        [
            row.Label,
            row.Best is { } best ? Amount.Rate(best.Task.LearningRate) + (row.BestAtEdge ? " (edge)" : "") : None,
            row.Best is { Loss: var loss } ? SeededText.Loss(loss) : "diverged",
            .. Accuracies(result.Plan, row.Best),
            row.LeastBudget is { } budget ? Budget(budget.Task, row.Best!.Task) : "not reached",
            row.CrossingStep is { } crossing ? Crossing(crossing, result.Plan.Steps) : None,
        ]).Prepend(["optimizer", "learning rate", "final loss", .. AccuracyTitles(result.Plan), "least budget", "curve crosses"]);

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
                ? (string[])[Amount.Milliseconds(timing.StepMilliseconds), $"{timing.Ratio:0.00}", $"{100 * timing.OptimizerShare:0.0} %", Amount.Short(timing.UnitsPerSecond)]
                : [None, None, None, None],
            row.SecondsToTarget is { } seconds ? Amount.Seconds(seconds) : None,
        ]).Prepend(["optimizer", "time per step", "ratio", "optimizer's share", $"{result.Plan.Unit}/s", "time to target"]);
}
