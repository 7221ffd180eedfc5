using System.Xml.Linq;
using MuonSharp.Experiments;

namespace MuonSharp.Reports.Tests;

public class SweepPageTests
{
    /// <summary>Two values 0.02 apart have a deviation of 0.02 / √2 and a standard error of 0.01.</summary>
    [Fact]
    public void The_table_has_the_mean_and_standard_error_of_every_point_in_the_grids_order()
    {
        Assert.Equal(
            [
                ["optimizer.learningRate", "width", "final loss", ""],
                ["0.005", "64", "2.1250 ± 0.0100", ""],
                ["0.005", "128", "1.8750 ± 0.0100", ""],
                ["0.01", "64", "2.0000 ± 0.0100", ""],
                ["0.01", "128", "1.7500 ± 0.0100", "best, at the edge"],
                ["0.02", "64", "2.1250 ± 0.0100", ""],
                ["0.02", "128", "1.8750 ± 0.0100", ""],
            ],
            SweepTable.Of(SweepSample.Result()));
    }

    [Fact]
    public void Sentences_name_the_best_point_its_edges_and_the_best_of_every_line()
    {
        Assert.Equal(
            [
                "The best is optimizer.learningRate 0.01, width 128, with 1.7500 ± 0.0100 nats per token (mean of 2 seeds ± its standard error).",
                "width has its best value, 128, at the upper edge of what was tried, so a better one may lie beyond: add 256 to its values; what is done is kept.",
                "The best optimizer.learningRate, between those tried: 0.01 at width 64; 0.01 at width 128.",
            ],
            SweepVerdict.Sentences(SweepSample.Result()));
        Assert.Equal("train --config sweeps/one/run-1/config.json", SweepVerdict.Command(SweepSample.Result(), "sweeps/one"));
    }

    /// <summary>A difference of 0.01 is within √(0.01² + 0.01²), one of 0.02 is not.</summary>
    [Theory]
    [InlineData(0.01, true)]
    [InlineData(0.02, false)]
    public void A_point_that_the_seeds_do_not_tell_from_the_best_is_marked(double above, bool like)
    {
        SweepResult result = SweepSample.Result((width, rate) => width == "64" ? 3 : rate == 0 ? 1.75 + above : rate == 1 ? 1.75 : 2);
        Assert.Equal(like ? "like the best" : "", SweepTable.Of(result)[2][3]);
        Assert.Equal(like, SweepVerdict.Sentences(result).Any(sentence => sentence.StartsWith("2 seeds do not tell it from optimizer.learningRate 0.005, width 128:", StringComparison.Ordinal)));
    }

    [Fact]
    public void With_one_seed_there_is_no_error_and_nothing_is_like_the_best()
    {
        SweepResult result = SweepSample.Result((_, rate) => rate == 0 ? double.PositiveInfinity : 2, seeds: 1);
        Assert.Equal(["diverged", "diverged", "2.0000", "2.0000"], SweepTable.Of(result).Skip(1).Take(4).Select(row => row[2]));
        Assert.DoesNotContain(SweepTable.Of(result), row => row[3] == "like the best");
        Assert.DoesNotContain("±", SweepPage.Text(result), StringComparison.Ordinal);
    }

    [Fact]
    public void A_point_with_a_run_that_diverged_is_not_the_best_and_all_diverged_is_said()
    {
        SweepResult some = SweepSample.Result((width, rate) => width == "128" ? double.NegativeInfinity : 2 + rate);
        Assert.Equal("2 of 2 diverged", SweepTable.Of(some)[2][2]);
        Assert.Equal("64", some.Best!.Point.Values[1]);
        Assert.Equal("At every point a run diverged.", Assert.Single(SweepVerdict.Sentences(SweepSample.Result((_, _) => double.PositiveInfinity))));
    }

    [Theory]
    [InlineData("0.01,0.02,0.04", 2, "add 0.08")]
    [InlineData("0.01,0.02,0.03", 2, "add 0.04")]
    [InlineData("0.01,0.02,0.04", 0, "add 0.005")]
    [InlineData("0.01,0.02,0.03", 0, "beyond.")]
    public void The_value_beyond_an_edge_goes_on_by_the_spacing(string rates, int best, string text)
    {
        SweepResult result = SweepSample.Result((_, rate) => 2 + Math.Abs(rate - best), rates: rates);
        Assert.Contains(text, SweepVerdict.Sentences(result).First(sentence => sentence.StartsWith("optimizer.learningRate has", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public void The_chart_has_a_line_for_each_width_over_a_logarithmic_axis_with_bars_of_the_standard_error()
    {
        Chart chart = SweepCharts.Of(SweepSample.Result()).First();
        Assert.True(chart.Logarithmic);
        Assert.Equal(["width 64", "width 128"], chart.Series.Select(series => series.Label));
        Assert.Equal([2.125, 2, 2.125], chart.Series[0].Y, (one, other) => Math.Abs(one - other) < 1e-12);
        Assert.All(chart.Series[0].Errors!, error => Assert.Equal(0.01, error, 12));
        XElement svg = ChartSvg.Draw(chart)!;
        XElement[] bars = [.. svg.Descendants().Where(element => (string?)element.Attribute("class") == "error")];
        Assert.Equal(6, bars.Length);

        // From end to end a bar is twice the error; all is drawn on one scale.
        double Place(XElement line, string name) => double.Parse(line.Attribute(name)!.Value.TrimEnd('%'), System.Globalization.CultureInfo.InvariantCulture);
        double[] ends = [.. svg.Descendants().First(element => (string?)element.Attribute("class") == "lines").Attribute("data-y")!.Value.Split(' ').Take(2).Select(text => double.Parse(text, System.Globalization.CultureInfo.InvariantCulture))];
        Assert.All(bars, bar => Assert.Equal(100 * 0.02 / (ends[1] - ends[0]), Place(bar, "y2") - Place(bar, "y1"), 0.011));
    }

    [Fact]
    public void A_grid_without_numbers_has_curves_alone()
    {
        var plan = SweepPlan.Create(new SweepOptions { Axes = [SweepAxis.Parse("optimizer.name=muon,adamw")], Preset = "nanogpt-cpu" });
        SweepResult result = new(plan, [.. plan.Points.Select(point => new SweptPoint(point, [new TrainedRun("run", 2, [new(10, 2)], []) { Seed = 1337 }]))]);
        Assert.Equal("Held-out loss by step", Assert.Single(SweepCharts.Of(result)).Title);
        Assert.Empty(result.Lines);
    }

    [Fact]
    public void More_points_than_a_chart_can_be_read_with_leave_the_best_of_each_line()
    {
        string rates = string.Join(',', Enumerable.Range(1, 9).Select(number => $"0.0{number}"));
        Assert.Equal(18, SweepSample.Result((_, _) => 2, rates: rates).Points.Count);
        Assert.Equal(["0.05", "0.05"], SweepCharts.Curves(SweepSample.Result((_, rate) => 2 + Math.Abs(rate - 4), rates: rates)).Select(point => point.Point.Values[0]));
    }

    [Theory]
    [InlineData("64 128 256 512", true)]
    [InlineData("0.9 0.95 0.99", false)]
    [InlineData("1 2 3 4", false)]
    [InlineData("0.003 0.01 0.03", true)]
    [InlineData("1 2", true)]
    [InlineData("2 3", false)]
    [InlineData("0 1 10", false)]
    [InlineData("5", false)]
    public void Values_are_spaced_by_ratios_or_by_differences(string values, bool geometric) =>
        Assert.Equal(geometric, Axis.IsGeometric([.. values.Split(' ').Select(value => double.Parse(value, System.Globalization.CultureInfo.InvariantCulture))]));
}
