using System.Globalization;
using System.Xml.Linq;

namespace MuonSharp.Cli.Compare.Page;

/// <summary>Draws a chart as SVG; colours are the page's, so that it reads on light and dark paper.</summary>
internal static class ChartSvg
{
    private const double Width = 760;
    private const double Height = 400;
    private const double Left = 62;
    private const double Right = 14;
    private const double Top = 14;
    private const double Bottom = 50;

    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";

    /// <summary>The drawing; empty when no point can be drawn.</summary>
    public static XElement? Draw(Chart chart)
    {
        var points = chart.Series.SelectMany(series => series.Points).Where(point => point.Finite).ToList();
        if (points.Count == 0)
        {
            return null;
        }

        var heights = points.Select(point => point.Y).Concat(double.IsFinite(chart.Target) ? [chart.Target] : []).ToList();
        double least = points.Min(point => point.X);
        var horizontal = new Axis(chart.Logarithmic ? least : Math.Min(0, least), points.Max(point => point.X), Left, Width - Right, chart.Logarithmic, marks: 8, chart.Whole);
        var vertical = new Axis(heights.Min(), heights.Max(), Height - Bottom, Top);
        return new XElement(
            s_svg + "svg",
            new XAttribute("viewBox", $"0 0 {Width} {Height}"),
            new XAttribute("role", "img"),
            new XAttribute("aria-label", chart.Title),
            Scale(chart, horizontal, vertical),
            Target(chart, vertical),
            chart.Series.Where(series => series.Points.Any(point => point.Finite)).Select(series => Draw(series, horizontal, vertical)));
    }

    private static IEnumerable<XElement> Scale(Chart chart, Axis horizontal, Axis vertical)
    {
        double foot = Height - Bottom;
        foreach (double tick in vertical.Ticks)
        {
            yield return Line("grid", Left, vertical.At(tick), Width - Right, vertical.At(tick));
            yield return Text("tick", Left - 8, vertical.At(tick) + 4, "end", Axis.Text(tick));
        }

        foreach (double tick in horizontal.Ticks)
        {
            yield return Line("grid", horizontal.At(tick), Top, horizontal.At(tick), foot);
            yield return Text("tick", horizontal.At(tick), foot + 18, tick == horizontal.Ticks[^1] && !chart.Logarithmic ? "end" : "middle", Axis.Text(tick));
        }

        yield return Text("axis", (Left + Width - Right) / 2, Height - 8, "middle", chart.Horizontal);
        XElement name = Text("axis", 14, (Top + foot) / 2, "middle", chart.Vertical);
        name.Add(new XAttribute("transform", $"rotate(-90 14 {Number((Top + foot) / 2)})"));
        yield return name;
    }

    private static XElement? Target(Chart chart, Axis vertical) => double.IsFinite(chart.Target)
        ? Line("target", Left, vertical.At(chart.Target), Width - Right, vertical.At(chart.Target))
        : null;

    private static XElement Draw(Series series, Axis horizontal, Axis vertical)
    {
        var group = new XElement(s_svg + "g", new XAttribute("class", $"series {Look.Of(series.Color)}"));
        if (series.Line)
        {
            foreach (List<ChartPoint> piece in Pieces(series.Points))
            {
                group.Add(new XElement(
                    s_svg + "polyline",
                    new XAttribute("points", string.Join(' ', piece.Select(point => $"{Number(horizontal.At(point.X))},{Number(vertical.At(point.Y))}")))));
            }
        }

        group.Add(series.Points.Where(point => point.Finite).Select(point => new XElement(
            s_svg + "circle",
            new XAttribute("class", series.Line ? "point" : "mark"),
            new XAttribute("cx", Number(horizontal.At(point.X))),
            new XAttribute("cy", Number(vertical.At(point.Y))),
            new XAttribute("r", series.Line ? "3" : "5"),
            new XElement(s_svg + "title", point.Hint))));
        return group;
    }

    /// <summary>The stretches of points between gaps.</summary>
    private static IEnumerable<List<ChartPoint>> Pieces(IReadOnlyList<ChartPoint> points)
    {
        List<ChartPoint> piece = [];
        foreach (ChartPoint point in points)
        {
            if (point.Finite)
            {
                piece.Add(point);
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
        new XAttribute("x1", Number(x1)),
        new XAttribute("y1", Number(y1)),
        new XAttribute("x2", Number(x2)),
        new XAttribute("y2", Number(y2)));

    private static XElement Text(string kind, double x, double y, string anchor, string text) => new(
        s_svg + "text",
        new XAttribute("class", kind),
        new XAttribute("x", Number(x)),
        new XAttribute("y", Number(y)),
        new XAttribute("text-anchor", anchor),
        text);

    private static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
