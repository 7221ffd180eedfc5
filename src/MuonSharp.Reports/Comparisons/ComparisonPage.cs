using System.Xml.Linq;
using MuonSharp.Experiments;

namespace MuonSharp.Reports;

/// <summary>The page <c>compare.html</c>: what a comparison found out.</summary>
internal static class ComparisonPage
{
    /// <summary>Name of the file.</summary>
    public const string Name = "compare.html";

    /// <summary>Writes the page into a comparison's folder, as a whole or not at all.</summary>
    /// <returns>Its path.</returns>
    public static string Write(ComparisonResult result, string folder)
    {
        string path = Path.Combine(folder, Name);
        Page.Write(path, Text(result, folder));
        return path;
    }

    /// <summary>The page as text.</summary>
    /// <param name="result">The comparison.</param>
    /// <param name="folder">Its folder, which the commands name.</param>
    public static string Text(ComparisonResult result, string folder = "") => Page.Text(Title(result), Body(result, folder));

    private static string Title(ComparisonResult result) => "Comparison: " + string.Join(", ", result.Rows.Select(row => row.Label));

    private static IEnumerable<XElement?> Body(ComparisonResult result, string folder)
    {
        ComparisonPlan plan = result.Plan;
        yield return new XElement("h1", Title(result));
        yield return new XElement("p", new XAttribute("class", "lead"), Lead(result));
        if (!result.Complete)
        {
            yield return new XElement("p", new XAttribute("class", "warning"), "Not complete: the comparison was stopped. The same command goes on with it.");
        }

        if (result.Complete)
        {
            yield return new XElement("div", new XAttribute("class", "verdict"), ComparisonVerdict.Sentences(result).Select(sentence => new XElement("p", sentence)));
        }

        yield return Page.Table("Results", "summary", ComparisonTable.Of(result), Row);
        yield return PageNotes.OfTable(result);
        yield return new XElement("h2", "Curves");
        yield return new XElement("div", new XAttribute("class", "bar"), Legend(result));
        yield return new XElement("div", new XAttribute("class", "charts"), ComparisonCharts.Of(result).Select(chart => ChartFigure.Of([("", chart)], PageNotes.OfChart(chart, result), legend: false)));
        yield return new XElement("h2", "All runs");
        yield return Page.Table("All runs", "runs", RunTable.Of(result), row => row == 0 ? null : Page.Key(Look.Of(RunTable.Color(result, row))));
        yield return new XElement("h2", "The best runs again");
        yield return new XElement("dl", ComparisonVerdict.Commands(result, folder).SelectMany(run => (XElement[])[new("dt", run.Label), new("dd", new XElement("code", $"muonsharp {run.Command}"))]));
        yield return new XElement("h2", "Recipes");
        yield return Page.Table("Recipes", "recipes", RecipeText.Of(plan), Row);
        yield return PageNotes.OfRecipes();
        yield return new XElement("h2", "Configuration");
        yield return EffectiveSettings.Details(plan.Shared);
        yield return new XElement("footer", PageNotes.Footer(result));

        static XElement? Row(int row) => row == 0 ? null : Page.Key(Look.Of(row - 1));
    }

    private static string Lead(ComparisonResult result)
    {
        ComparisonPlan plan = result.Plan;
        return $"The same model, first weights, order of the data and budget ({Amount.Count(plan.Steps)} steps of {Amount.Count(plan.UnitsPerStep)} {plan.Unit}, "
            + $"{plan.DataName} {Path.GetFileName(plan.DataSource)}) under each optimizer, each at its best learning rate. "
            + (double.IsFinite(result.TargetLoss) ? $"The target is {plan.Entries[0].Label}'s final loss, {Amount.Loss(result.TargetLoss)} {ComparisonTable.LossUnit(plan)}." : "There is no target yet.");
    }

    private static XElement Legend(ComparisonResult result) => new(
        "ul",
        new XAttribute("class", "legend"),
        result.Rows.Select((row, color) => new XElement("li", Page.Key(Look.Of(color)), row.Label)));
}

/// <summary>What the page says beside its numbers.</summary>
internal static class PageNotes
{
    /// <summary>What the columns of the table mean.</summary>
    public static XElement OfTable(ComparisonResult result) => new(
        "p",
        new XAttribute("class", "note"),
        "Final loss: over the whole validation split, after the last step. Least budget: the shortest run with a schedule of its own length, of "
        + $"{string.Join(", ", result.Plan.Budgets)} and 100 % of the steps, whose final loss is at most the target. Curve crosses: where the full run's evaluations first come down to "
        + "the target, on straight lines between them. Times: medians over rounds in which every optimizer in turn does some steps of the same model; ratio: to the first optimizer "
        + "in the same round. Time to target: the steps of the least budget at that pace."
        + (result.Plan.OfImages ? $" Accuracy: the share of the held-out images that are right after the last step of the same run; with views: by the mean of the logits of {result.Plan.Base.Image.Views} views." : "")
        + (result.Rows.Any(row => row.BestAtEdge) ? " Edge: the best learning rate is the last one tried on its side, so a better one may lie beyond." : ""));

    /// <summary>What a chart's marks mean.</summary>
    public static string OfChart(Chart chart, ComparisonResult result) =>
        (chart.Logarithmic
            ? $"Final losses of runs of full length. {Diverged(result)}"
            : "Lines: evaluations of the full run with the best learning rate. Circles: the ends of shorter runs with schedules of their own. ")
        + (double.IsFinite(chart.Target) ? $"Dashed: the target, {Amount.Loss(chart.Target)}." : "");

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
        var runs = result.Runs.Where(run => run.Diverged).Select(run => $"{run.Task.Optimizer} at {Amount.Rate(run.Task.LearningRate)}").ToList();
        return runs.Count == 0 ? "" : $"Diverged: {string.Join(", ", runs)}. ";
    }
}

/// <summary>Every run of a comparison as a row.</summary>
internal static class RunTable
{
    /// <summary>Rows of cells, the header first.</summary>
    public static IEnumerable<IReadOnlyList<string>> Of(ComparisonResult result) =>
        result.Runs.Select(run => (string[])
        [
            run.Task.Optimizer,
            run.Task.Purpose == ComparisonPurpose.Sweep ? "learning rate" : "budget",
            Amount.Rate(run.Task.LearningRate),
            $"{Amount.Count(run.Task.Steps)} ({run.Task.Percent} %)",
            run.Diverged ? "diverged" : Amount.Loss(run.FinalLoss),
            .. ComparisonTable.Accuracies(result.Plan, run),
            Remark(run, result),
        ]).Prepend(["optimizer", "looked for", "learning rate", "steps", "final loss", .. ComparisonTable.AccuracyTitles(result.Plan), ""]);

    /// <summary>The colour of a row's optimizer.</summary>
    /// <param name="result">The comparison.</param>
    /// <param name="row">Number of the row, the header's being 0.</param>
    public static int Color(ComparisonResult result, int row) =>
        result.Rows.Select(each => each.Label).ToList().IndexOf(result.Runs[row - 1].Task.Optimizer);

    private static string Remark(ComparisonRun run, ComparisonResult result)
    {
        ComparisonRow row = result.Rows.First(row => row.Label == run.Task.Optimizer);
        return run.Task.Purpose == ComparisonPurpose.Sweep
            ? run == row.Best ? "best" : ""
            : run.FinalLoss <= result.TargetLoss ? "reaches the target" : "";
    }
}
