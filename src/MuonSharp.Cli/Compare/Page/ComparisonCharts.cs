using MuonSharp.Cli.Output;
using MuonSharp.Training;

namespace MuonSharp.Cli.Compare.Page;

/// <summary>The charts of a comparison.</summary>
internal static class ComparisonCharts
{
    private const string Loss = "loss, nats per token";

    /// <summary>All of them; those by time only where steps have been timed.</summary>
    public static IEnumerable<Chart> Of(ComparisonResult result)
    {
        yield return new Chart("Loss by step", "steps", Loss, [.. Curves(result, _ => 1), .. Budgets(result, _ => 1)])
        {
            Whole = true,
            Target = result.TargetLoss,
        };
        if (result.Rows.All(row => row.Timing is not null))
        {
            yield return new Chart("Loss by time", "seconds (steps x measured time of a step)", Loss, [.. Curves(result, Seconds), .. Budgets(result, Seconds)])
            {
                Target = result.TargetLoss,
            };
        }

        yield return new Chart("Learning rates", "peak learning rate of the hidden matrices", "final " + Loss, [.. Sweeps(result)])
        {
            Logarithmic = true,
            Target = result.TargetLoss,
        };
    }

    private static double Seconds(ComparisonRow row) => row.Timing!.StepMilliseconds / 1000;

    private static IEnumerable<Series> Curves(ComparisonResult result, Func<ComparisonRow, double> unit) =>
        result.Rows.Select((row, color) => new Series(
            row.Label,
            color,
            [.. (row.Best?.Evaluations ?? []).Select(point => new ChartPoint(point.Step * unit(row), point.Loss, $"{row.Label}, step {Amount.Count(point.Step)}: {Amount.Loss(point.Loss)}"))]));

    private static IEnumerable<Series> Budgets(ComparisonResult result, Func<ComparisonRow, double> unit) =>
        result.Rows.Select((row, color) => new Series(
            row.Label,
            color,
            [.. Runs(result, row, ComparisonPurpose.Budget).Select(run => new ChartPoint(
                run.Task.Steps * unit(row), run.FinalLoss, $"{row.Label}, a run of {Amount.Count(run.Task.Steps)} steps ({run.Task.Percent} %): {Amount.Loss(run.FinalLoss)}"))],
            Line: false));

    private static IEnumerable<Series> Sweeps(ComparisonResult result) =>
        result.Rows.Select((row, color) => new Series(
            row.Label,
            color,
            [.. Runs(result, row, ComparisonPurpose.Sweep).OrderBy(run => run.Task.LearningRate).Select(run => new ChartPoint(
                run.Task.LearningRate, run.FinalLoss, $"{row.Label}, learning rate {Amount.Rate(run.Task.LearningRate)}: {Amount.Loss(run.FinalLoss)}"))]));

    private static IEnumerable<ComparisonRun> Runs(ComparisonResult result, ComparisonRow row, ComparisonPurpose purpose) =>
        result.Runs.Where(run => run.Task.Optimizer == row.Label && run.Task.Purpose == purpose);
}
