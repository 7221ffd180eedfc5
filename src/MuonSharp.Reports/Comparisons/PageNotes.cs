using System.Xml.Linq;
using MuonSharp.Experiments;

namespace MuonSharp.Reports;

/// <summary>What the page says beside its numbers.</summary>
internal static class PageNotes
{
    /// <summary>What the columns of the table mean.</summary>
    public static XElement OfTable(ComparisonResult result) => new(
        "p",
        new XAttribute("class", "note"),
        "Final loss: over the whole validation split, after the last step" + (result.Plan.Seeds.Count > 1 ? ", mean over the seeds ± its standard error, s / √n; all else is by the means too" : "")
        + ". Least budget: the shortest run with a schedule of its own length, of "
        + $"{string.Join(", ", result.Plan.Budgets)} and 100 % of the steps, whose final loss is at most the target. Curve crosses: where the full run's evaluations first come down to "
        + "the target, on straight lines between them. Times: medians over rounds in which every optimizer in turn does some steps of the same model; ratio: to the first optimizer "
        + "in the same round. Time to target: the steps of the least budget at that pace."
        + (result.Plan.OfImages ? $" Accuracy: the share of the held-out images that are right after the last step of the same run; with views: by the mean of the logits of {result.Plan.Base.Image.Views} views." : "")
        + (result.Rows.Any(row => row.BestAtEdge) ? " Edge: the best learning rate is the last one tried on its side, so a better one may lie beyond." : ""));

    /// <summary>What a chart's marks mean.</summary>
    public static string OfChart(Chart chart, ComparisonResult result) =>
        (result.Plan.Seeds.Count > 1 ? "Means over the seeds; bars: standard errors. " : "")
        + (chart.Logarithmic
            ? $"Final losses of runs of full length. {Diverged(result)}"
            : "Lines: evaluations of the full run with the best learning rate. Circles: the ends of shorter runs with schedules of their own. ")
        + (double.IsFinite(chart.Target) ? $"Dashed: the target, {Amount.Loss(chart.Target)}." : "");

    /// <summary>What the columns of the learning rates and lengths mean.</summary>
    public static XElement OfTrials() => new(
        "p", new XAttribute("class", "note"), "Final loss: mean over the seeds ± its standard error. Like the best: above it by no more than the standard error of the difference.");

    /// <summary>What the columns of the recipes mean.</summary>
    public static XElement OfRecipes() => new(
        "p",
        new XAttribute("class", "note"),
        "Learning rates of the hidden matrices; and on: further ones, each twice or half its neighbour, while the best is at an edge, six at most. Other parameters: embeddings, "
        + "head, gains and biases; a rate of their own stays as configured. Weight decay: of the hidden matrices and of the others.");

    /// <summary>What made the page.</summary>
    public static string Footer(ComparisonResult result) =>
        $"MuonSharp {Product.Version}"
        + (result.Environment is { } environment ? $". Steps were timed on {environment["processor"]}, {environment["threads"]} threads, {environment["runtime"]}, {environment["started"]}." : ".");

    private static string Diverged(ComparisonResult result)
    {
        string[] some = [.. result.Trials.Where(trial => trial.Diverged > 0).Select(trial =>
            $"{trial.Task.Optimizer} at {Amount.Rate(trial.Task.LearningRate)}{(trial.Runs.Count > 1 ? $" ({trial.Diverged} of {trial.Runs.Count} seeds)" : "")}")];
        return some.Length == 0 ? "" : $"Diverged: {string.Join(", ", some)}. ";
    }
}
