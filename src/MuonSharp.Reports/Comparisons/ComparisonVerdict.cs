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
        int seeds = result.Plan.Seeds.Count;
        string under = seeds > 1 ? ", under one seed or more" : "";
        foreach (ComparisonRow row in result.Rows.Skip(1))
        {
            yield return row switch
            {
                { Best: null } => $"{row.Label} diverged at every rate that was tried{under}.",
                { Best: { } best, LeastBudget: null } => $"{row.Label} does not reach {first}'s loss in as many steps: {Against(best, target)}{Accuracy(best, target)}.",
                { Best: { } best, LeastBudget: { } least } => $"{row.Label} needs {least.Task.Percent} % of {first}'s steps for its loss"
                    + $"{(seeds > 1 ? $" ({Against(least, target)})" : "")}{Time(row, result.Rows[0])}{Accuracy(best, target)}.",
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

    /// <summary>The label of each optimizer that has a best run, and the command that does this run again, of several seeds that of the first.</summary>
    /// <param name="result">The comparison.</param>
    /// <param name="folder">Its folder.</param>
    public static IEnumerable<(string Label, string Command)> Commands(ComparisonResult result, string folder) => result.Rows
        .Where(static row => row.Best is not null)
        .Select(row => (row.Label, $"train --config {ShellText.Quoted(Path.Combine(folder, row.Best!.Runs[0].Folder, "config.json"))}"));

    private static double Rest(ComparisonEntry entry, ComparisonResult result) => entry.Config(entry.LearningRates[0], result.Plan.Steps).Optimizer.Auxiliary.LearningRate;

    /// <summary>Two mean losses, and whether the seeds tell them apart.</summary>
    private static string Against(SeededRuns runs, SeededRuns target) => $"{SeededText.Loss(runs.Loss)} against {SeededText.Loss(target.Loss)}"
        + (runs.Runs.Count > 1 && !runs.Loss.IsClearlyAbove(target.Loss) && !target.Loss.IsClearlyAbove(runs.Loss) ? $", which {runs.Runs.Count} seeds do not tell apart" : "");

    /// <summary>With all steps, by the most views that both have.</summary>
    private static string Accuracy(SeededRuns runs, SeededRuns first) =>
        (runs.AccuracyOfViews ?? runs.Accuracy) is { } own && (first.AccuracyOfViews ?? first.Accuracy) is { } its
            ? $"; with all of them {SeededText.Percent(own)} of the images are right, against {SeededText.Percent(its)}" : "";

    private static string Time(ComparisonRow row, ComparisonRow first) =>
        row.SecondsToTarget is { } seconds && first.SecondsToTarget is { } all && all > 0 ? $", and {100 * seconds / all:0} % of its time" : "";
}
