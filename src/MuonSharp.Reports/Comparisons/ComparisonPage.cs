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
        IReadOnlyList<ComparisonRun> runs = result.Runs;
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
        if (plan.Seeds.Count > 1)
        {
            yield return new XElement("h2", "Learning rates and lengths");
            yield return Page.Table("Learning rates and lengths", "trials", TrialTable.Of(result), row => row == 0 ? null : Key(result.Trials[row - 1].Task));
            yield return PageNotes.OfTrials();
        }

        yield return new XElement("h2", "All runs");
        yield return Page.Table("All runs", "runs", RunTable.Of(result), row => row == 0 ? null : Key(runs[row - 1].Task));
        yield return new XElement("h2", "The best runs again");
        yield return new XElement("dl", ComparisonVerdict.Commands(result, folder).SelectMany(run => (XElement[])[new("dt", run.Label), new("dd", new XElement("code", $"muonsharp {run.Command}"))]));
        yield return new XElement("h2", "Recipes");
        yield return Page.Table("Recipes", "recipes", RecipeText.Of(plan), Row);
        yield return PageNotes.OfRecipes();
        yield return new XElement("h2", "Configuration");
        yield return EffectiveSettings.Details(plan.Shared);
        yield return new XElement("footer", PageNotes.Footer(result));

        static XElement? Row(int row) => row == 0 ? null : Page.Key(Look.Of(row - 1));

        XElement Key(ComparisonTask task) => Page.Key(Look.Of(plan.Entries.TakeWhile(entry => entry.Label != task.Optimizer).Count()));
    }

    private static string Lead(ComparisonResult result)
    {
        ComparisonPlan plan = result.Plan;
        return $"The same model, first weights, order of the data and budget ({Amount.Count(plan.Steps)} steps of {Amount.Count(plan.UnitsPerStep)} {plan.Unit}, "
            + $"{plan.DataName} {Path.GetFileName(plan.DataSource)}) under each optimizer, each at its best learning rate. "
            + (plan.Seeds.Count > 1 ? $"Every run is done with {plan.Seeds.Count} seeds, {string.Join(", ", plan.Seeds)}: losses are their means ± standard errors. " : "")
            + (double.IsFinite(result.TargetLoss) ? $"The target is {plan.Entries[0].Label}'s final loss, {SeededText.Loss(result.Rows[0].Best!.Loss)} {ComparisonTable.LossUnit(plan)}." : "There is no target yet.");
    }

    private static XElement Legend(ComparisonResult result) => new(
        "ul",
        new XAttribute("class", "legend"),
        result.Rows.Select((row, color) => new XElement("li", Page.Key(Look.Of(color)), row.Label)));
}
