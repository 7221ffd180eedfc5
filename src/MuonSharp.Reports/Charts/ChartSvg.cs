using System.Globalization;
using System.Xml.Linq;

namespace MuonSharp.Reports;

/// <summary>Draws a chart as SVG that fits any width: places are shares of it, letters and strokes keep their size. Colours are the page's.</summary>
internal static class ChartSvg
{
    /// <summary>Units of the inner drawing's sides.</summary>
    private const int Side = 100_000;

    /// <summary>Columns that all lines of a chart share; each has at most two points in one.</summary>
    private const int Columns = 1600;
    private const int MostColumns = 500;
    private const int LeastColumns = 100;
    private const int MostDots = 60;
    private const double Room = 0.05;

    /// <summary>More numbers than these stand beside each other in a narrow window only if every second one goes.</summary>
    private const int NarrowTicks = 6;

    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";

    /// <summary>The drawing; null when no point can be drawn.</summary>
    public static XElement? Draw(Chart chart)
    {
        (double left, double right) = Bounds(chart, (series, i) => (series.X[i], series.X[i]));
        (double low, double high) = Heights(chart);
        if (left > right)
        {
            return null;
        }

        Axis horizontal = new(chart.Logarithmic || !chart.FromZero ? left : Math.Min(0, left), right, chart.Logarithmic, marks: chart.Wide ? 10 : 5, chart.Whole);
        Axis vertical = Heights(chart, low, high);
        int columns = Math.Clamp(Columns / chart.Series.Count, LeastColumns, MostColumns);
        Series[] drawn = [.. chart.Series.Where(series => series.Finite.Any())];
        return new XElement(
            s_svg + "svg",
            new XAttribute("class", "chart"),
            new XAttribute("role", "img"),
            new XAttribute("aria-label", $"{chart.Title}, {chart.Vertical}, by {chart.Horizontal}"),
            Scale(horizontal, vertical, chart.Horizontal),
            double.IsFinite(chart.Target) ? Line("target", 0, 1 - vertical.At(chart.Target), 1, 1 - vertical.At(chart.Target)) : null,
            new XElement(
                s_svg + "svg",
                new XAttribute("class", "lines"),
                new XAttribute("viewBox", $"0 0 {Side} {Side}"),
                new XAttribute("preserveAspectRatio", "none"),
                new XAttribute("width", "100%"),
                new XAttribute("height", "100%"),
                new XAttribute("data-x", Range(horizontal)),
                new XAttribute("data-y", Range(vertical)),
                new XAttribute("data-unit", chart.Horizontal),
                drawn.Where(series => series.Kind != SeriesKind.Marks).Select(series => Lines(series, horizontal, vertical, columns))),
            drawn.Where(series => series.Kind == SeriesKind.Marks || (series.Kind == SeriesKind.Dots && series.X.Count <= MostDots) || series.IsOnePoint).Select(series => Points(series, horizontal, vertical)));
    }

    /// <summary>Whether a chart's heights are drawn by ratios: all are above 0, and the greatest is so many times the least.</summary>
    public static bool HasLogarithmicHeights(Chart chart)
    {
        (double low, double high) = Heights(chart);
        return low > 0 && high >= chart.LogarithmicFrom * low;
    }

    /// <summary>A little room above and below the lines, more of it where all have one height; none below zero, which nothing measured here goes under.</summary>
    private static Axis Heights(Chart chart, double low, double high)
    {
        bool logarithmic = HasLogarithmicHeights(chart);
        (low, high) = double.IsFinite(chart.Target) ? (Math.Min(low, chart.Target), Math.Max(high, chart.Target)) : (low, high);
        if (logarithmic)
        {
            return new(low, high, logarithmic: true, marks: 5);
        }

        double room = high > low ? Room * (high - low) : high == 0 ? 1 : Math.Max(Room * Math.Abs(high), Math.Min(0.5, Math.Abs(high) / 2));

        // Nor above 1 where nothing measured does: most such numbers are shares.
        return new(low >= 0 ? Math.Max(0, low - room) : low - room, low >= 0 && high <= 1 ? Math.Min(1, high + room) : high + room, marks: 6);
    }

    private static (double Least, double Greatest) Heights(Chart chart) => Bounds(chart, (series, i) => (series.End(i, -1), series.End(i, 1)));

    private static (double Least, double Greatest) Bounds(Chart chart, Func<Series, int, (double Least, double Greatest)> ends)
    {
        (double least, double greatest) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (Series series in chart.Series)
        {
            for (int i = 0; i < series.X.Count; i++)
            {
                if (series.IsFinite(i))
                {
                    (double low, double high) = ends(series, i);
                    (least, greatest) = (Math.Min(least, low), Math.Max(greatest, high));
                }
            }
        }

        return (least, greatest);
    }

    private static IEnumerable<XElement> Scale(Axis horizontal, Axis vertical, string unit)
    {
        foreach (double tick in vertical.Ticks)
        {
            double place = 1 - vertical.At(tick);
            yield return Line("grid", 0, place, 1, place);
            yield return Text("tick", "0", Percent(place), "-8", "4", "end", Axis.Text(tick));
        }

        yield return Line("foot", 0, 1, 1, 1);
        for (int i = 0; i < horizontal.Ticks.Count; i++)
        {
            double place = horizontal.At(horizontal.Ticks[i]);
            string narrow = (i % 2 == 0 || horizontal.Ticks.Count <= NarrowTicks ? "" : " odd") + (i == 0 || i == horizontal.Ticks.Count - 1 ? "" : " between");
            yield return Text($"tick{narrow}", Percent(place), "100%", "0", "17", place > 0.97 ? "end" : "middle", Axis.Text(horizontal.Ticks[i]));
        }

        yield return Text("tick", "100%", "100%", "0", "34", "end", unit);
    }

    private static XElement Lines(Series series, Axis horizontal, Axis vertical, int columns) => new(
        s_svg + "g",
        new XAttribute("class", $"series {series.Look}{(series.Kind == SeriesKind.Raw ? " raw" : "")}"),
        new XAttribute("data-name", series.Label),
        Pieces(series, horizontal, vertical).Select(piece => new XElement(
            s_svg + "polyline",
            new XAttribute("points", string.Join(' ', Downsampling.Extremes(Doubled(piece), columns).Select(place => $"{Unit(place.X)},{Unit(1 - place.Y)}"))))));

    /// <summary>A point alone is a line of no length, which is drawn as a dot.</summary>
    private static List<Place> Doubled(List<Place> piece) => piece.Count == 1 ? [piece[0], piece[0]] : piece;

    private static XElement Points(Series series, Axis horizontal, Axis vertical) => new(
        s_svg + "g",
        new XAttribute("class", $"points {series.Look}"),
        series.Errors is null ? null : series.Finite.Where(i => series.End(i, 1) > series.End(i, -1)).Take(MostDots)
            .Select(i => Line("error", horizontal.At(series.X[i]), 1 - vertical.At(series.End(i, 1)), horizontal.At(series.X[i]), 1 - vertical.At(series.End(i, -1)))),
        series.Finite.Take(series.Kind == SeriesKind.Marks ? 4 * MostDots : MostDots).Select(i => new XElement(
            s_svg + "circle",
            new XAttribute("class", series.Kind == SeriesKind.Marks ? "mark" : "point"),
            new XAttribute("cx", Percent(horizontal.At(series.X[i]))),
            new XAttribute("cy", Percent(1 - vertical.At(series.Y[i]))),
            new XAttribute("r", series.Kind == SeriesKind.Marks ? "5" : "3"),
            series.Hint is { } hint ? new XElement(s_svg + "title", hint(i)) : null)));

    /// <summary>The stretches of places between gaps.</summary>
    private static IEnumerable<List<Place>> Pieces(Series series, Axis horizontal, Axis vertical)
    {
        List<Place> piece = [];
        for (int i = 0; i < series.X.Count; i++)
        {
            if (series.IsFinite(i))
            {
                piece.Add(new(horizontal.At(series.X[i]), vertical.At(series.Y[i])));
            }
            else if (piece.Count > 0)
            {
                yield return piece;
                piece = [];
            }
        }

        if (piece.Count > 0)
        {
            yield return piece;
        }
    }

    private static XElement Line(string kind, double x1, double y1, double x2, double y2) => new(
        s_svg + "line",
        new XAttribute("class", kind),
        new XAttribute("x1", Percent(x1)),
        new XAttribute("y1", Percent(y1)),
        new XAttribute("x2", Percent(x2)),
        new XAttribute("y2", Percent(y2)));

    private static XElement Text(string kind, string x, string y, string dx, string dy, string anchor, string text) => new(
        s_svg + "text",
        new XAttribute("class", kind),
        new XAttribute("x", x),
        new XAttribute("y", y),
        new XAttribute("dx", dx),
        new XAttribute("dy", dy),
        new XAttribute("text-anchor", anchor),
        text);

    private static string Range(Axis axis) => string.Create(CultureInfo.InvariantCulture, $"{axis.Least:R} {axis.Greatest:R} {(axis.IsLogarithmic ? "log" : "linear")}");

    private static string Unit(double share) => Math.Round(share * Side).ToString("0", CultureInfo.InvariantCulture);

    private static string Percent(double share) => (100 * share).ToString("0.##", CultureInfo.InvariantCulture) + "%";
}
