using System.Xml.Linq;

namespace MuonSharp.Reports.Tests;

public class ChartSvgTests
{
    [Fact]
    public void A_line_goes_through_its_points_and_stops_at_gaps()
    {
        XElement drawing = ChartSvg.Draw(new Chart("curve", "x", "y", [new("a", "c0", [0, 5, 6, 8, 10], [0, 10, double.PositiveInfinity, 5, 10], SeriesKind.Dots)]))!;

        // Heights go from 0 to 10.5, with room above the greatest.
        Assert.Equal(["0,100000 50000,4762", "80000,52381 100000,4762"], Lines(drawing).Select(line => (string)line.Attribute("points")!));
        Assert.Equal(["0%", "50%", "80%", "100%"], Named(drawing, "circle").Select(circle => (string)circle.Attribute("cx")!));
    }

    [Fact]
    public void Marks_have_no_line_and_say_what_they_are()
    {
        XElement drawing = ChartSvg.Draw(new Chart("curve", "x", "y", [new("a", "c3", [1, 3], [2, 4], SeriesKind.Marks) { Hint = i => $"number {i} & more" }]) { Target = 3 })!;
        Assert.Empty(Lines(drawing));
        Assert.Equal(["number 0 & more", "number 1 & more"], Named(drawing, "title").Select(title => title.Value));
        Assert.Contains("number 1 &amp; more", drawing.ToString(), StringComparison.Ordinal);
        Assert.Equal("50%", (string)drawing.Descendants().Single(element => (string?)element.Attribute("class") == "target").Attribute("y1")!);
    }

    [Fact]
    public void There_is_nothing_to_draw_without_a_point()
    {
        Assert.Null(ChartSvg.Draw(new Chart("curve", "x", "y", [new("a", "c0", [1], [double.NaN])])));
        Assert.Null(ChartSvg.Draw(new Chart("curve", "x", "y", [new("a", "c0", [], [])])));
        Assert.Null(ChartSvg.Draw(new Chart("curve", "x", "y", [])));
    }

    [Fact]
    public void One_point_is_drawn_as_a_line_of_no_length_and_a_dot()
    {
        XElement drawing = ChartSvg.Draw(new Chart("curve", "steps", "y", [new("a", "c0", [1], [2])]) { Whole = true })!;
        Assert.Equal("100000,50000 100000,50000", (string)Assert.Single(Lines(drawing)).Attribute("points")!);
        Assert.Equal("100%", (string)Assert.Single(Named(drawing, "circle")).Attribute("cx")!);
        Assert.Empty(Named(ChartSvg.Draw(new Chart("curve", "steps", "y", [new("a", "c0", [1, 2], [2, 3])]))!, "circle"));
    }

    [Fact]
    public void A_line_that_ends_has_no_numbers_behind_its_end()
    {
        XElement figure = ChartFigure.Of([("", new Chart("curve", "steps", "y", [new("long", "c0", [1, 2, 3, 4], [5, 6, 7, 2e-5]), new("short", "c1", [1, 2.4], [8, 9])]))])!;
        Assert.Equal(["1|5|8", "2|6|9", "2.4|6|9", "3|7|", "4|2e-5|"], figure.Descendants("tr").Skip(1).Select(row => string.Join('|', row.Elements().Select(cell => cell.Value))));
    }

    [Fact]
    public void A_target_beyond_heights_that_are_drawn_by_ratios_is_on_the_axis()
    {
        XElement drawing = ChartSvg.Draw(new Chart("curve", "x", "y", [new("a", "c0", [1, 2], [1, 100])]) { LogarithmicFrom = 10, Target = 10_000 })!;
        double place = double.Parse(((string)Named(drawing, "line").Single(line => (string?)line.Attribute("class") == "target").Attribute("y1")!).TrimEnd('%'), System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(place, 0, 5);
    }

    [Theory]
    [InlineData("0.45 1", 0.9)]
    [InlineData("0.5 1", 1.0)]
    [InlineData("0 1", 0.0)]
    [InlineData("0.71 1", 0.72, 0.995)]
    [InlineData("0.001 0.003", 0.002)]
    [InlineData("1.5 2.5", 2.0)]
    public void An_axis_of_shares_ends_at_the_whole_however_few_points_there_are(string expected, params double[] heights)
    {
        Chart chart = new("accuracy", "steps", "on held-out data", [new("a", "c0", [.. heights.Select((_, i) => 1.0 + i)], heights)]) { Whole = true };
        string[] range = ((string)ChartSvg.Draw(chart)!.Descendants().Single(element => (string?)element.Attribute("class") == "lines").Attribute("data-y")!).Split(' ');
        Assert.All(expected.Split(' ').Zip(range), pair => Assert.Equal(Number(pair.First), Number(pair.Second), 0.005));

        static double Number(string text) => double.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
    }

    [Theory]
    [InlineData(0.1, 0.8, false)]
    [InlineData(0.1, 0.81, true)]
    [InlineData(0, 1, false)]
    [InlineData(-1, 100, false)]
    public void Heights_are_drawn_by_ratios_where_the_greatest_is_many_times_the_least(double least, double greatest, bool logarithmic)
    {
        Chart chart = new("curve", "x", "y", [new("a", "c0", [1, 2], [least, greatest])]) { LogarithmicFrom = 8.05 };
        Assert.Equal(logarithmic, ChartSvg.HasLogarithmicHeights(chart));
        XElement lines = ChartSvg.Draw(chart)!.Descendants().Single(element => (string?)element.Attribute("class") == "lines");
        Assert.EndsWith(logarithmic ? " log" : " linear", (string)lines.Attribute("data-y")!, StringComparison.Ordinal);
    }

    [Fact]
    public void A_drawing_is_bounded_however_many_points_there_are()
    {
        double[] x = [.. Enumerable.Range(0, 200_000).Select(i => (double)i)], y = [.. x.Select(value => Math.Sin(value) * value)];
        Series[] series = [.. Enumerable.Range(0, 10).Select(number => new Series($"{number}", Look.Of(number), x, y))];
        string drawing = ChartSvg.Draw(new Chart("curve", "x", "y", series))!.ToString(SaveOptions.DisableFormatting);
        Assert.InRange(drawing.Length, 10_000, 70_000);
    }

    private static IEnumerable<XElement> Lines(XElement drawing) => Named(drawing, "polyline");

    private static IEnumerable<XElement> Named(XElement drawing, string name) => drawing.Descendants().Where(element => element.Name.LocalName == name);
}
