using System.Xml.Linq;
using MuonSharp.Experiments;

namespace MuonSharp.Reports;

/// <summary>The page <c>report.html</c> of a sweep's folder.</summary>
internal static class SweepPage
{
    /// <summary>Writes the page into a sweep's folder, as a whole or not at all.</summary>
    /// <returns>Its path.</returns>
    public static string Write(SweepResult result, string folder)
    {
        string path = Path.Combine(folder, RunReport.FileName);
        Page.Write(path, Text(result, folder));
        return path;
    }

    /// <summary>The page as text.</summary>
    /// <param name="result">The sweep.</param>
    /// <param name="folder">Its folder, which the command names.</param>
    public static string Text(SweepResult result, string folder = "") => Page.Text(Title(result.Plan), Body(result, folder));

    private static string Title(SweepPlan plan) => "Sweep: " + string.Join(", ", plan.Names);

    private static IEnumerable<XElement?> Body(SweepResult result, string folder)
    {
        SweepPlan plan = result.Plan;
        int[] steps = [.. plan.Points.Select(point => point.Config.Train.Steps).Distinct().Order()];
        yield return new XElement("h1", Title(plan));
        yield return new XElement("p", new XAttribute("class", "lead"),
            $"{Amount.Of(plan.Points.Count, "point")}, {Amount.Of(plan.Seeds.Count, "seed")} each, {string.Join(" to ", steps.Length > 1 ? [Amount.Count(steps[0]), Amount.Count(steps[^1])] : [Amount.Count(steps[0])])} steps, "
            + $"on {string.Join(", ", plan.Data.Select(data => Path.GetFileName(data.Source)))}.");
        yield return result.Complete ? null : new XElement("p", new XAttribute("class", "warning"), "Not complete: the sweep was stopped. The same command goes on with it.");
        yield return new XElement("div", new XAttribute("class", "verdict"), SweepVerdict.Sentences(result).Select(sentence => new XElement("p", sentence)));
        yield return new XElement("div", new XAttribute("class", "charts"), SweepCharts.Of(result).Select(chart => ChartFigure.Of([("", chart)], Note(result, chart))));
        yield return new XElement("h2", "Points");
        yield return Page.Table("Points", "summary", SweepTable.Of(result));
        yield return plan.Seeds.Count == 1 ? null : new XElement("p", new XAttribute("class", "note"),
            "Final loss: over the whole validation split after the last step, mean over the seeds ± its standard error. Like the best: above it by no more than the standard error of the difference.");
        yield return new XElement("h2", "Runs");
        yield return Page.Table("Runs", "runs", Runs(result));
        yield return SweepVerdict.Command(result, folder) is { } command ? new XElement("p", "A run of the best point again: ", new XElement("code", $"muonsharp {command}")) : null;
        yield return new XElement("h2", "Configuration");
        yield return EffectiveSettings.Details(plan.Shared);
        yield return new XElement("footer", $"MuonSharp {Product.Version}. Losses are the same on every machine, under any load, for any number of threads and of runs at once.");
    }

    private static string Note(SweepResult result, Chart chart) => chart.FromZero
        ? (result.Plan.Seeds.Count > 1 ? "Means over the seeds. " : "") + (SweepCharts.Curves(result).Count < result.Points.Count(point => point.Runs.Count > 0) ? "The best points alone; the others are too many for one chart." : "")
        : (result.Plan.Seeds.Count > 1 ? "Means over the seeds; bars: standard errors. " : "") + (result.Points.Any(point => point.Diverged > 0) ? "Points of which a run diverged are left out." : "");

    private static IEnumerable<IReadOnlyList<string>> Runs(SweepResult result) =>
        result.Points.SelectMany(point => point.Runs.Select(run => (string[])
        [
            run.Folder, run.Seed.ToString(System.Globalization.CultureInfo.InvariantCulture), run.Diverged ? "diverged" : Amount.Loss(run.FinalLoss),
        ])).Prepend(["run folder", "seed", "final loss"]);
}
