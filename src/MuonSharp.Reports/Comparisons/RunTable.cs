using System.Globalization;
using MuonSharp.Experiments;

namespace MuonSharp.Reports;

/// <summary>Every learning rate and length of a comparison as a row, with what came of it over all seeds.</summary>
internal static class TrialTable
{
    /// <summary>Rows of cells, the header first.</summary>
    public static IEnumerable<IReadOnlyList<string>> Of(ComparisonResult result) => result.Trials
        .Select(trial => (string[])
        [
            trial.Task.Optimizer,
            trial.Task.Purpose == ComparisonPurpose.Sweep ? "learning rate" : "budget",
            Amount.Rate(trial.Task.LearningRate),
            $"{Amount.Count(trial.Task.Steps)} ({trial.Task.Percent} %)",
            SeededText.Loss(trial, result.Plan.Seeds.Count),
            .. ComparisonTable.Accuracies(result.Plan, trial),
            Remark(trial, result),
        ])
        .Prepend(["optimizer", "looked for", "learning rate", "steps", "final loss", .. ComparisonTable.AccuracyTitles(result.Plan), ""]);

    private static string Remark(ComparisonTrial trial, ComparisonResult result)
    {
        ComparisonRow row = result.Rows.First(row => row.Label == trial.Task.Optimizer);
        int seeds = result.Plan.Seeds.Count;
        return trial.Task.Purpose == ComparisonPurpose.Budget ? trial.Runs.Count == seeds && trial.Loss.Mean <= result.TargetLoss ? "reaches the target" : ""
            : trial.Task == row.Best?.Task ? "best"
            : seeds > 1 && row.Best is { Loss: var best } && trial.IsFinite(seeds) && !trial.Loss.IsClearlyAbove(best) ? "like the best" : "";
    }
}

/// <summary>Every run of a comparison as a row.</summary>
internal static class RunTable
{
    /// <summary>Rows of cells, the header first: with one seed those of the trials.</summary>
    public static IEnumerable<IReadOnlyList<string>> Of(ComparisonResult result) => result.Plan.Seeds.Count == 1 ? TrialTable.Of(result) : result.Runs
        .Select(run => (string[])
        [
            run.Task.Optimizer,
            Amount.Rate(run.Task.LearningRate),
            Amount.Count(run.Task.Steps),
            run.Seed.ToString(CultureInfo.InvariantCulture),
            run.Diverged ? "diverged" : Amount.Loss(run.FinalLoss),
            .. ComparisonTable.Accuracies(result.Plan, new SeededRuns([run])),
            run.Folder,
        ])
        .Prepend(["optimizer", "learning rate", "steps", "seed", "final loss", .. ComparisonTable.AccuracyTitles(result.Plan), "run folder"]);
}
