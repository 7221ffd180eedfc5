using System.Xml.Linq;
using MuonSharp.Cli.Compare.Page;

namespace MuonSharp.Cli.Tests.Compare;

public class ChartSvgTests
{
    [Fact]
    public void A_line_goes_through_its_points_and_stops_at_gaps()
    {
        XElement drawing = ChartSvg.Draw(new Chart(
            "curve", "x", "y", [new Series("a", 0, [Point(0, 0), Point(5, 10), Point(6, double.PositiveInfinity), Point(8, 5), Point(10, 10)])]))!;
        var lines = drawing.Descendants().Where(element => element.Name.LocalName == "polyline").Select(line => (string)line.Attribute("points")!).ToList();

        // The plot goes from 62 to 746 and from 350 (zero) up to 14 (ten).
        Assert.Equal(["62,350 404,14", "609.2,182 746,14"], lines);
        Assert.Equal(4, drawing.Descendants().Count(element => element.Name.LocalName == "circle"));
    }

    [Fact]
    public void Marks_have_no_line_and_say_what_they_are()
    {
        XElement drawing = ChartSvg.Draw(new Chart("curve", "x", "y", [new Series("a", 3, [Point(1, 2), Point(3, 4)], Line: false)]) { Target = 3 })!;
        Assert.DoesNotContain(drawing.Descendants(), element => element.Name.LocalName == "polyline");
        Assert.Equal(["1 & 2", "3 & 4"], drawing.Descendants().Where(element => element.Name.LocalName == "title").Select(title => title.Value));
        Assert.Contains("1 &amp; 2", drawing.ToString(), StringComparison.Ordinal);
        Assert.Equal("182", (string)drawing.Descendants().Single(element => (string?)element.Attribute("class") == "target").Attribute("y1")!);
    }

    [Fact]
    public void There_is_nothing_to_draw_without_a_point() =>
        Assert.Null(ChartSvg.Draw(new Chart("curve", "x", "y", [new Series("a", 0, [Point(1, double.NaN)])])));

    private static ChartPoint Point(double x, double y) => new(x, y, $"{x} & {y}");
}
