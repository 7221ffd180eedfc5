using System.Reflection;
using System.Xml.Linq;
using MuonSharp.Cli.Output;
using MuonSharp.Cli.Train;
using MuonSharp.Experiments;

namespace MuonSharp.Cli.Compare.Page;

/// <summary>The page <c>compare.html</c>: one file with all that belongs to it, which needs no network.</summary>
internal static class ComparisonPage
{
    /// <summary>Name of the file.</summary>
    public const string Name = "compare.html";

    private const string Style = "compare.css";

    /// <summary>Writes the page into a comparison's folder, as a whole or not at all.</summary>
    /// <returns>Its path.</returns>
    public static string Write(ComparisonResult result, string folder)
    {
        string path = Path.Combine(folder, Name);
        File.WriteAllText(path + ".tmp", Text(result));
        File.Move(path + ".tmp", path, overwrite: true);
        return path;
    }

    /// <summary>The page as text.</summary>
    public static string Text(ComparisonResult result)
    {
        var html = new XElement(
            "html",
            new XAttribute("lang", "en"),
            new XElement(
                "head",
                new XElement("meta", new XAttribute("charset", "utf-8")),
                new XElement("meta", new XAttribute("name", "viewport"), new XAttribute("content", "width=device-width, initial-scale=1")),
                new XElement("meta", new XAttribute("name", "color-scheme"), new XAttribute("content", "light dark")),
                new XElement("title", Title(result)),
                new XElement("style", StyleSheet())),
            new XElement("body", new XElement("main", Body(result))));
        return "<!DOCTYPE html>\n" + html.ToString(SaveOptions.DisableFormatting) + "\n";
    }

    private static string Title(ComparisonResult result) => "Comparison: " + string.Join(", ", result.Rows.Select(row => row.Label));

    private static IEnumerable<XElement> Body(ComparisonResult result)
    {
        ComparisonPlan plan = result.Plan;
        yield return new XElement("h1", Title(result));
        yield return new XElement("p", new XAttribute("class", "lead"), Lead(result));
        if (!result.Complete)
        {
            yield return new XElement("p", new XAttribute("class", "warning"), "Not complete: the comparison was stopped. The same command goes on with it.");
        }

        yield return Table("summary", ComparisonTable.Of(result), Row);
        yield return PageNotes.OfTable(result);
        yield return new XElement("h2", "Curves");
        yield return Legend(result);
        foreach (Chart chart in ComparisonCharts.Of(result))
        {
            if (ChartSvg.Draw(chart) is { } drawing)
            {
                yield return new XElement("figure", new XElement("figcaption", chart.Title), drawing, PageNotes.OfChart(chart, result));
            }
        }

        yield return new XElement("h2", "All runs");
        yield return Table("runs", RunTable.Of(result), row => row == 0 ? null : Key(RunTable.Color(result, row)));
        yield return new XElement("h2", "Recipes");
        yield return Table("recipes", RecipeText.Of(plan), Row);
        yield return PageNotes.OfRecipes();
        yield return new XElement("h2", "Configuration");
        yield return new XElement(
            "details",
            new XElement("summary", "All keys that the runs have in common, by where their values come from"),
            new XElement("dl", EffectiveSettings.Of(plan.Shared).SelectMany(row => (XElement[])[new("dt", row[0]), new("dd", new XElement("code", row[1]))])));
        yield return new XElement("footer", PageNotes.Footer(result));

        static XElement? Row(int row) => row == 0 ? null : Key(row - 1);
    }

    private static string Lead(ComparisonResult result)
    {
        ComparisonPlan plan = result.Plan;
        return $"The same model, first weights, order of the data and budget ({Amount.Count(plan.Steps)} steps of {Amount.Count(plan.Base.TokensPerStep)} tokens, "
            + $"text {Path.GetFileName(plan.DataSource)}) under each optimizer, each at its best learning rate. "
            + (double.IsFinite(result.TargetLoss) ? $"The target is {plan.Entries[0].Label}'s final loss, {Amount.Loss(result.TargetLoss)} nats per token." : "There is no target yet.");
    }

    private static XElement Legend(ComparisonResult result) => new(
        "ul",
        new XAttribute("class", "legend"),
        result.Rows.Select((row, color) => new XElement("li", Key(color), row.Label)));

    /// <summary>A piece of an optimizer's line; the empty text keeps the end tag, without which HTML takes the rest of the page into it.</summary>
    private static XElement Key(int color) => new("span", new XAttribute("class", $"key {Look.Of(color)}"), "");

    private static XElement Table(string kind, IEnumerable<IReadOnlyList<string>> rows, Func<int, XElement?> key) => new(
        "div",
        new XAttribute("class", "table"),
        new XElement("table", new XAttribute("class", kind), rows.Select((row, number) => new XElement(
            "tr",
            row.Select((cell, column) => new XElement(number == 0 ? "th" : "td", column == 0 ? key(number) : null, cell))))));

    private static string StyleSheet()
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(Style)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}

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
        + (result.Rows.Any(row => row.BestAtEdge) ? " Edge: the best learning rate is the last one tried on its side, so a better one may lie beyond." : ""));

    /// <summary>What a chart's marks mean.</summary>
    public static XElement OfChart(Chart chart, ComparisonResult result) => new(
        "p",
        new XAttribute("class", "note"),
        (chart.Logarithmic
            ? $"Final losses of runs of full length. {Diverged(result)}"
            : "Lines: evaluations of the full run with the best learning rate. Circles: the ends of shorter runs with schedules of their own. ")
        + (double.IsFinite(chart.Target) ? $"Dashed: the target, {Amount.Loss(chart.Target)}." : ""));

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
            Remark(run, result),
        ]).Prepend(["optimizer", "looked for", "learning rate", "steps", "final loss", ""]);

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
