using System.Text.RegularExpressions;
using MuonSharp.Experiments;
using MuonSharp.Training;

namespace MuonSharp.Reports.Tests;

public partial class ComparisonPageTests
{
    private readonly string page = ComparisonPage.Text(Sample.Result);

    [Fact]
    public void The_page_needs_no_network()
    {
        Assert.Equal(["http://www.w3.org/2000/svg"], Address().Matches(page).Select(match => match.Value).Distinct(StringComparer.Ordinal));
        Assert.DoesNotContain("<link", page, StringComparison.Ordinal);
        Assert.Contains("default-src 'none'", page, StringComparison.Ordinal);
        Assert.DoesNotContain("url(", page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_has_every_cell_of_the_table_and_every_run()
    {
        Assert.All(ComparisonTable.Of(Sample.Result).Skip(1).SelectMany(row => row.Skip(1)), cell => Assert.Contains($"<td>{cell}</td>", page, StringComparison.Ordinal));
        Assert.Contains("muon:preset=torch;momentum=0.9", page, StringComparison.Ordinal);
        Assert.Equal(2, Regex.Count(page, "<td>best</td>", RegexOptions.None, TimeSpan.FromSeconds(10)));
        Assert.Single(Regex.Matches(page, "<td>reaches the target</td>", RegexOptions.None, TimeSpan.FromSeconds(10)));
        Assert.Contains("Diverged: sgd at 0.1.", page, StringComparison.Ordinal);
    }

    [Fact]
    public void There_are_curves_by_step_and_by_seconds_and_the_learning_rates()
    {
        var charts = ComparisonCharts.Of(Sample.Result).ToList();
        Assert.Equal(["Held-out loss by step", "Held-out loss by time", "Final loss by learning rate"], charts.Select(chart => chart.Title));
        Assert.All(charts, chart => Assert.Equal(1.5, chart.Target));
        Assert.Equal([(500, 1.75), (1000, 1.25)], Points(charts[0].Series[1]));
        Assert.Equal([(6, 1.75), (12, 1.25)], Points(charts[1].Series[1]));
        Assert.Equal([(7.2, 1.4375)], Points(charts[1].Series[4]));
        Assert.Equal([(0.004, 1.5), (0.008, 1.75)], Points(charts[2].Series[0]));
        Assert.Equal(3, Regex.Count(page, "<svg class=\"lines\"", RegexOptions.None, TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void Without_times_there_are_no_curves_by_seconds()
    {
        ComparisonResult result = Sample.Result with { Rows = [.. Sample.Result.Rows.Select(row => row with { Timing = null })] };
        Assert.Equal(["Held-out loss by step", "Final loss by learning rate"], ComparisonCharts.Of(result).Select(chart => chart.Title));
        Assert.Contains("<td>-</td>", ComparisonPage.Text(result), StringComparison.Ordinal);
    }

    [Fact]
    public void Tags_that_HTML_does_not_close_by_itself_have_an_end()
    {
        Assert.DoesNotContain(SelfClosed().Matches(page), match => match.Groups["tag"].Value is not ("meta" or "circle" or "line" or "polyline"));
    }

    [Fact]
    public void Where_colours_are_used_up_legend_tables_and_curves_have_the_same_dashes()
    {
        Assert.Equal(24, Enumerable.Range(0, 24).Select(Look.Of).Distinct(StringComparer.Ordinal).Count());
        ComparisonResult many = Sample.Many(10);
        string text = ComparisonPage.Text(many);

        // The tenth: once in the legend, the table and the recipes each, and as a curve in every chart.
        Assert.Equal(3, Regex.Count(text, "class=\"key c1 dashed\"", RegexOptions.None, TimeSpan.FromSeconds(10)));
        Assert.Contains("class=\"series c1 dashed\"", text, StringComparison.Ordinal);
        Assert.All(["dashed", "dotted"], look =>
        {
            Assert.Contains($".key.{look} {{", text, StringComparison.Ordinal);
            Assert.Contains($"svg .{look} polyline {{", text, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void The_configuration_is_what_the_runs_have_and_names_what_the_comparison_sets()
    {
        Assert.Contains("<dt>comparison</dt><dd><code>qkClip.tau=off  evaluate.every=50  sample.every=-1</code></dd>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("optimizer.name=", page, StringComparison.Ordinal);
        Assert.DoesNotContain("evaluate.every=250", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_comparison_that_was_stopped_says_so() =>
        Assert.Contains("Not complete", ComparisonPage.Text(Sample.Result with { Complete = false }), StringComparison.Ordinal);

    private static IEnumerable<(double X, double Y)> Points(Series series) => series.X.Zip(series.Y, (x, y) => (Math.Round(x, 9), y));

    [GeneratedRegex(@"https?://[^""'\s<)]+", RegexOptions.None, 10_000)]
    private static partial Regex Address();

    [GeneratedRegex(@"<(?<tag>\w+)[^<>]*/>", RegexOptions.None, 10_000)]
    private static partial Regex SelfClosed();
}
