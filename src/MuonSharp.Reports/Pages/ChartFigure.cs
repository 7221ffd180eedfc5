using System.Xml.Linq;

namespace MuonSharp.Reports;

/// <summary>A chart with its heading, its legend and, behind it, its numbers.</summary>
internal static class ChartFigure
{
    private const int Rows = 24;

    /// <summary>The figure; null when there is nothing to draw.</summary>
    /// <param name="variants">The same chart over one or several horizontal axes, with the class that shows each.</param>
    /// <param name="note">What is to be said below it; empty: nothing.</param>
    /// <param name="legend">Whether it names its lines.</param>
    /// <param name="choice">Classes of the reader's choice that shows it; empty: it is always there.</param>
    public static XElement? Of(IReadOnlyList<(string Class, Chart Chart)> variants, string note = "", bool legend = true, string choice = "")
    {
        List<XElement> drawings = [];
        foreach ((string name, Chart chart) in variants)
        {
            if (ChartSvg.Draw(chart) is { } drawing)
            {
                drawings.Add(new XElement("div", new XAttribute("class", $"drawing {name}".TrimEnd()), drawing));
            }
        }

        Chart first = variants[0].Chart;
        return drawings.Count == 0 ? null : new XElement(
            "figure",
            Classes(first, choice),
            Caption(first, ChartSvg.HasLogarithmicHeights(first) ? ", logarithmic" : ""),
            legend ? Legend(first.Series) : null,
            drawings,
            note.Length == 0 ? null : new XElement("p", new XAttribute("class", "note"), note),
            Numbers(variants));
    }

    /// <summary>A figure that has nothing to draw and says why, in the place of one that has.</summary>
    public static XElement Empty(Chart chart, string note, string choice) => new("figure", Classes(chart, choice), Caption(chart, ""), new XElement("p", new XAttribute("class", "note"), note));

    /// <summary>Each label once, with a piece of its line.</summary>
    public static XElement? Legend(IReadOnlyList<Series> series)
    {
        Series[] named = [.. series.Where(each => each.Finite.Any() && !(each.Kind == SeriesKind.Raw && series.Any(other => other.Label == each.Label && other.Kind != SeriesKind.Raw))).DistinctBy(each => each.Label, StringComparer.Ordinal)];
        return named.Length < 2 ? null : new XElement(
            "ul",
            new XAttribute("class", "legend"),
            named.Select(each => new XElement("li", Page.Key(each.Look + (each.Kind switch { SeriesKind.Raw => " raw", SeriesKind.Marks => " hollow", _ => "" })), each.Label)));
    }

    private static XAttribute? Classes(Chart chart, string choice) => $"{(chart.Wide ? "wide " : "")}{choice}".Trim() is { Length: > 0 } classes ? new("class", classes) : null;

    private static XElement Caption(Chart chart, string scale) =>
        new("figcaption", new XElement("strong", chart.Title), " ", new XElement("span", new XAttribute("class", "unit"), chart.Vertical + scale));

    /// <summary>Some of the numbers, for those who do not see the lines: at marks and dots where there are some, else evenly spaced.</summary>
    private static XElement Numbers(IReadOnlyList<(string Class, Chart Chart)> variants)
    {
        Chart chart = variants[0].Chart;
        Series[] series = [.. chart.Series.Where(each => each.Kind != SeriesKind.Raw && each.Finite.Any())];
        double[] dots = Places(series.Where(each => each.Kind is SeriesKind.Dots or SeriesKind.Marks));
        double[] places = dots.Length > 1 ? dots : Places(series);
        IEnumerable<IReadOnlyList<string>> rows = Smoothing.Even(places.Length, Rows).Select(i => (string[])[Axis.Text(places[i]), .. series.Select(each => At(each, places[i]))]);
        return new XElement(
            "details",
            new XAttribute("class", "numbers"),
            new XElement("summary", "Numbers", new XElement("span", new XAttribute("class", "hidden"), $" of {chart.Title}")),
            Page.Table(chart.Title, "figures", rows.Prepend([chart.Horizontal, .. series.Select(each => each.Label)])));
    }

    private static double[] Places(IEnumerable<Series> series) =>
        [.. series.SelectMany(each => each.Finite.Select(i => each.X[i])).Distinct().Order()];

    /// <summary>A line's value at a place is that of its nearest point, and beside its ends it has none; marks have one only where they stand.</summary>
    private static string At(Series series, double place)
    {
        int point = series.Nearest(place);
        bool there = series.IsFinite(point) && (series.X[point] == place || (series.Kind == SeriesKind.Line && series.X[0] <= place && place <= series.X[^1]));
        return !there ? "" : Amount.Digits(series.Y[point], 5) + (series.End(point, 1) > series.Y[point] ? $" ± {Amount.Digits(series.Errors![point], 2)}" : "");
    }
}
