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
        IReadOnlyList<(long Step, SeededMean Loss)> points = row.Best?.Curve ?? [];
        return Drawn(result, row, color, [.. points.Select(point => (point.Step * unit(row), point.Loss))], SeriesKind.Dots, i => $"step {Amount.Count(points[i].Step)}");
    });

    private static IEnumerable<Series> Budgets(ComparisonResult result, Func<ComparisonRow, double> unit) => result.Rows.Select((row, color) =>
    {
        ComparisonTrial[] trials = [.. Trials(result, row, ComparisonPurpose.Budget).OrderBy(trial => trial.Task.Steps)];
        return Drawn(result, row, color, [.. trials.Select(trial => (trial.Task.Steps * unit(row), trial.Loss))], SeriesKind.Marks,
            i => $"a run of {Amount.Count(trials[i].Task.Steps)} steps ({trials[i].Task.Percent} %)");
    });

    private static IEnumerable<Series> Sweeps(ComparisonResult result) => result.Rows.Select((row, color) =>
    {
        ComparisonTrial[] trials = [.. Trials(result, row, ComparisonPurpose.Sweep).OrderBy(trial => trial.Task.LearningRate)];
        return Drawn(result, row, color, [.. trials.Select(trial => (trial.Task.LearningRate, trial.Loss))], SeriesKind.Dots, i => $"learning rate {Amount.Rate(trials[i].Task.LearningRate)}");
    });

    private static Series Drawn(ComparisonResult result, ComparisonRow row, int color, (double Place, SeededMean Loss)[] points, SeriesKind kind, Func<int, string> what) =>
        new(row.Label, Look.Of(color), [.. points.Select(point => point.Place)], [.. points.Select(point => point.Loss.Mean)], kind)
        {
            Errors = SeededText.Errors(points.Select(point => point.Loss), result.Plan.Seeds.Count),
            Hint = i => $"{row.Label}, {what(i)}: {SeededText.Loss(points[i].Loss)}",
        };

    private static IEnumerable<ComparisonTrial> Trials(ComparisonResult result, ComparisonRow row, ComparisonPurpose purpose) =>
        result.Trials.Where(trial => trial.Task.Optimizer == row.Label && trial.Task.Purpose == purpose && trial.Runs.Count > 0);
}
