using MuonSharp.Experiments;

namespace MuonSharp.Reports;

/// <summary>What a comparison found out, in sentences, and the commands that repeat its best runs.</summary>
internal static class ComparisonVerdict
{
    /// <summary>A sentence for each optimizer but the first, and what was not tried.</summary>
    public static IEnumerable<string> Sentences(ComparisonResult result)
    {
        if (result.Rows[0].Best is not { } target)
        {
            yield break;
        }

        string first = result.Rows[0].Label;
        foreach (ComparisonRow row in result.Rows.Skip(1))
        {
            yield return row switch
            {
                { Best: null } => $"{row.Label} diverged at every rate that was tried.",
                { LeastBudget: null } => $"{row.Label} does not reach {first}'s loss in as many steps: {Amount.Loss(row.FinalLoss)} against {Amount.Loss(result.TargetLoss)}{Accuracy(row.Best, target)}.",
                { LeastBudget: { } least } => $"{row.Label} needs {least.Task.Percent} % of {first}'s steps for its loss{Time(row, result.Rows[0])}{Accuracy(row.Best, target)}.",
            };
        }

        if (result.Plan.Base.Image.Sgd is { BiasLearningRate: { } biases, HeadLearningRate: var head } && result.Plan.OfImages)
        {
            yield return $"The rate of the filters alone was swept; biases and head are stepped by SGD at {Amount.Rate(biases)} and {Amount.Rate(head)} in every run.";
            yield break;
        }

        ComparisonEntry[] kept = [.. result.Plan.Entries.Where(entry => !entry.Recipe.OneRate && result.Rows.Any(row => row.Label == entry.Label && row.Best is not null))];
        if (kept.Length > 0)
        {
            string label = kept[^1].Label, rate = Amount.Rate(target.Task.LearningRate);
            yield return $"The rate of the hidden matrices alone was swept; all the rest kept its own: {string.Join(", ", kept.Select(entry => $"{entry.Label} {Amount.Rate(Rest(entry, result))}"))}"
                + (result.Plan.Entries[0].Recipe.OneRate ? $", while {first}'s best, {rate}, is that of everything" : "")
                + $". --optimizers {first},{label}{(label.Contains(':', StringComparison.Ordinal) ? ';' : ':')}auxiliary.learningRate={rate} tries another.";
        }
    }

    /// <summary>The label of each optimizer that has a best run, and the command that does this run again.</summary>
    /// <param name="result">The comparison.</param>
    /// <param name="folder">Its folder.</param>
    public static IEnumerable<(string Label, string Command)> Commands(ComparisonResult result, string folder) => result.Rows
        .Where(static row => row.Best is not null)
        .Select(row => (row.Label, $"train --config {ShellText.Quoted(Path.Combine(folder, row.Best!.Folder, "config.json"))}"));

    private static double Rest(ComparisonEntry entry, ComparisonResult result) => entry.Config(entry.LearningRates[0], result.Plan.Steps).Optimizer.Auxiliary.LearningRate;

    /// <summary>With all steps, by the most views that both runs have.</summary>
    private static string Accuracy(ComparisonRun run, ComparisonRun first) =>
        (run.AccuracyOfViews ?? run.Accuracy) is { } own && (first.AccuracyOfViews ?? first.Accuracy) is { } its
            ? $"; with all of them {ComparisonTable.Percent(own)} of the images are right, against {ComparisonTable.Percent(its)}" : "";

    private static string Time(ComparisonRow row, ComparisonRow first) =>
        row.SecondsToTarget is { } seconds && first.SecondsToTarget is { } all && all > 0 ? $", and {100 * seconds / all:0} % of its time" : "";
}
