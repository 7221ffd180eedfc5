using MuonSharp.Experiments;

namespace MuonSharp.Reports;

/// <summary>The charts of a comparison.</summary>
internal static class ComparisonCharts
{
    /// <summary>All of them; those by time only where steps have been timed.</summary>
    public static IEnumerable<Chart> Of(ComparisonResult result)
    {
        string loss = ComparisonTable.LossUnit(result.Plan);
        yield return new Chart("Held-out loss by step", "steps", loss, [.. Curves(result, _ => 1), .. Budgets(result, _ => 1)])
        {
            Whole = true,
            Target = result.TargetLoss,
            Wide = true,
        };
        if (result.Rows.All(row => row.Timing is not null))
        {
            yield return new Chart("Held-out loss by time", "seconds (steps x measured time of a step)", loss, [.. Curves(result, Seconds), .. Budgets(result, Seconds)])
            {
                Target = result.TargetLoss,
                Wide = true,
            };
        }

        yield return new Chart("Final loss by learning rate", "peak learning rate of the hidden matrices", loss, [.. Sweeps(result)])
        {
            Logarithmic = true,
            Target = result.TargetLoss,
            Wide = true,
        };
    }

    private static double Seconds(ComparisonRow row) => row.Timing!.StepMilliseconds / 1000;

    private static IEnumerable<Series> Curves(ComparisonResult result, Func<ComparisonRow, double> unit) => result.Rows.Select((row, color) =>
    {
        IReadOnlyList<CurvePoint> points = row.Best?.Evaluations ?? [];
        return new Series(row.Label, Look.Of(color), [.. points.Select(point => point.Step * unit(row))], [.. points.Select(point => point.Loss)], SeriesKind.Dots)
        {
            Hint = i => $"{row.Label}, step {Amount.Count(points[i].Step)}: {Amount.Loss(points[i].Loss)}",
        };
    });

    private static IEnumerable<Series> Budgets(ComparisonResult result, Func<ComparisonRow, double> unit) => result.Rows.Select((row, color) =>
    {
        ComparisonRun[] runs = [.. Runs(result, row, ComparisonPurpose.Budget).OrderBy(run => run.Task.Steps)];
        return new Series(row.Label, Look.Of(color), [.. runs.Select(run => run.Task.Steps * unit(row))], [.. runs.Select(run => run.FinalLoss)], SeriesKind.Marks)
        {
            Hint = i => $"{row.Label}, a run of {Amount.Count(runs[i].Task.Steps)} steps ({runs[i].Task.Percent} %): {Amount.Loss(runs[i].FinalLoss)}",
        };
    });

    private static IEnumerable<Series> Sweeps(ComparisonResult result) => result.Rows.Select((row, color) =>
    {
        ComparisonRun[] runs = [.. Runs(result, row, ComparisonPurpose.Sweep).OrderBy(run => run.Task.LearningRate)];
        return new Series(row.Label, Look.Of(color), [.. runs.Select(run => run.Task.LearningRate)], [.. runs.Select(run => run.FinalLoss)], SeriesKind.Dots)
        {
            Hint = i => $"{row.Label}, learning rate {Amount.Rate(runs[i].Task.LearningRate)}: {Amount.Loss(runs[i].FinalLoss)}",
        };
    });

    private static IEnumerable<ComparisonRun> Runs(ComparisonResult result, ComparisonRow row, ComparisonPurpose purpose) =>
        result.Runs.Where(run => run.Task.Optimizer == row.Label && run.Task.Purpose == purpose);
}
