using System.Globalization;
using System.Reflection;
using System.Xml.Linq;
using MuonSharp.Experiments;

namespace MuonSharp.Reports;

/// <summary>A claim's picture as one SVG file: heading, legend and chart, in the colours of the pages, light or dark as its reader has it.</summary>
internal static class ClaimPicture
{
    private const int Width = 760;
    private const int Plot = 300;
    private const int Left = 64;
    private const int Right = 24;
    private const int Heading = 34;
    private const int LegendRow = 20;
    private const int Foot = 48;

    /// <summary>Width of a letter of 12 pixels, generously.</summary>
    private const double Letter = 6.8;

    private const int KeyWidth = 34;

    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";
    private static readonly string s_style = Page.Resource(Assembly.GetExecutingAssembly(), "chart.css");

    /// <summary>The file's text; null when no point can be drawn.</summary>
    public static string? Of(ClaimChart chart)
    {
        Series[] series = [.. chart.Lines.Select((line, i) =>
            new Series(line.Label, Look.Of(i), [.. line.Points.Select(point => point.X)], [.. line.Points.Select(point => point.Y)], SeriesKind.Dots))];
        Chart drawn = new(chart.Title, chart.Horizontal, chart.Vertical, series)
        {
            Logarithmic = chart.Logarithmic,
            LogarithmicFrom = chart.LogarithmicHeights ? 1 : double.PositiveInfinity,
            Wide = true,
        };
        if (ChartSvg.Draw(drawn) is not { } plot)
        {
            return null;
        }

        List<XElement> legend = Legend(series, out int rows);
        int top = Heading + (rows * LegendRow) + 16, height = top + Plot + Foot;
        foreach ((string name, int value) in new[] { ("x", Left), ("y", top), ("width", Width - Left - Right), ("height", Plot) })
        {
            plot.SetAttributeValue(name, value);
        }

        XElement picture = new(
            s_svg + "svg",
            new XAttribute("viewBox", $"0 0 {Width} {height}"), new XAttribute("width", Width), new XAttribute("height", height), new XAttribute("role", "img"),
            new XElement(s_svg + "title", $"{chart.Title}, {chart.Vertical}, by {chart.Horizontal}"),
            new XElement(s_svg + "style", s_style),
            new XElement(s_svg + "rect", new XAttribute("width", "100%"), new XAttribute("height", "100%"), new XAttribute("style", "fill: var(--paper)")),
            Text(16, 24, $"{chart.Title}, {chart.Vertical}{(ChartSvg.HasLogarithmicHeights(drawn) ? ", logarithmic" : "")}", "fill: var(--ink); font-weight: 600; font-size: 14px"),
            legend,
            plot);
        return Page.Markup(picture) + "\n";
    }

    private static List<XElement> Legend(Series[] series, out int rows)
    {
        List<XElement> legend = [];
        double left = 16;
        rows = series.Length > 0 ? 1 : 0;
        foreach (Series each in series)
        {
            double width = KeyWidth + (each.Label.Length * Letter) + 12;
            if (left > 16 && left + width > Width - 16)
            {
                (left, rows) = (16, rows + 1);
            }

            double middle = Heading + ((rows - 1) * LegendRow) + 12;
            legend.Add(new XElement(s_svg + "g", new XAttribute("class", each.Look), new XElement(s_svg + "polyline", new XAttribute("points", string.Create(CultureInfo.InvariantCulture, $"{left:0.#},{middle:0.#} {left + 24:0.#},{middle:0.#}")))));
            legend.Add(Text(left + 30, middle + 4, each.Label));
            left += width;
        }

        return legend;
    }

    private static XElement Text(double x, double y, string text, string? style = null) => new(
        s_svg + "text",
        new XAttribute("x", x.ToString("0.#", CultureInfo.InvariantCulture)),
        new XAttribute("y", y.ToString("0.#", CultureInfo.InvariantCulture)),
        style is null ? null : new XAttribute("style", style),
        text);
}
