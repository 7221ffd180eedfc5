using System.Reflection;
using System.Xml.Linq;
using MuonSharp.Cli.Output;
using MuonSharp.Cli.Train;
using MuonSharp.Training;

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
        var path = Path.Combine(folder, Name);
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
        var plan = result.Plan;
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
        foreach (var chart in ComparisonCharts.Of(result))
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
        var plan = result.Plan;
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
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(Style)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
