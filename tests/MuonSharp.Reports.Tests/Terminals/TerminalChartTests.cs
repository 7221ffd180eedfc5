namespace MuonSharp.Reports.Tests;

public class TerminalChartTests
{
    [Fact]
    public void A_falling_line_is_drawn_in_ascii_without_gaps_where_its_points_are()
    {
        const int Columns = 40, Rows = 9;
        Chart chart = new("loss", "steps", "nats", [new("training", "", [0, 10, 20, 30], [4, 3, 2, 1]), new("held-out", "", [30], [3.9], SeriesKind.Dots)]) { Whole = true };
        string[] lines = [.. TerminalChart.Draw(chart, Columns + 3, Rows, unicode: false)];
        Assert.Equal("loss, nats   .. training   o held-out", lines[0]);
        Assert.Equal("  +" + new string('-', Columns), lines[Rows + 1]);
        Assert.Matches("^   0 +20 steps$", lines[Rows + 2]);
        string[] plot = [.. lines[1..(Rows + 1)].Select(line => line.PadRight(Columns + 3))];
        Assert.All(plot, line => Assert.Equal('|', line[2]));
        Assert.Equal('o', plot[0][^1]);
        Assert.Equal('4', plot[0][0]);
        Assert.Equal('1', plot[^1][0]);
        for (int column = 0; column < Columns; column++)
        {
            int[] rows = [.. Enumerable.Range(0, Rows).Where(row => plot[row][column + 3] == '.')];
            Assert.NotEmpty(rows);
            double expected = (column + 0.5) / Columns * Rows;
            Assert.All(rows, row => Assert.InRange(row + 0.5, expected - 1, expected + 1));
        }
    }

    [Theory]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(100)]
    public void No_line_is_wider_than_the_terminal_and_the_plot_fills_it(int width)
    {
        double[] x = [.. Enumerable.Range(0, 3000).Select(i => (double)i)];
        Chart chart = new("loss", "steps", "nats per token", [new("training", "", x, [.. x.Select(value => 4 / (1 + (value / 100)))]), new("held-out", "", [1000, 2999], [0.5, 0.3], SeriesKind.Dots)]) { Whole = true };
        foreach (bool unicode in (bool[])[false, true])
        {
            IReadOnlyList<string> lines = TerminalChart.Draw(chart, width, 10, unicode);
            Assert.All(lines, line => Assert.True(line.Length <= width, line));
            Assert.Equal(width, lines.Max(line => line.Length));
            Assert.Equal(unicode, lines.Any(line => line.Any(letter => letter > 127)));
            Assert.Equal(2, lines.Skip(1).Sum(line => line.Count(letter => letter == (unicode ? '●' : 'o'))));
        }
    }

    [Fact]
    public void Dots_of_braille_stand_where_the_points_are()
    {
        // Two columns of dots in each of ten letters and four rows in each of two lines: a flat line in the middle of the axis is the fifth row of dots.
        Chart chart = new("a", "x", "b", [new("c", "", [0, 1], [1, 1])]);
        IReadOnlyList<string> lines = TerminalChart.Draw(chart, 15, 2, unicode: true);
        Assert.Equal(new string('⠉', 10), lines[2][^10..]);
        Assert.DoesNotContain(lines[1], letter => letter is > '\u2800' and <= '\u28ff');
    }

    [Fact]
    public void Heights_of_many_sizes_are_drawn_by_ratios_and_the_title_says_so()
    {
        // Powers of ten on a straight line: from the foot to the top, one column as far as the next.
        Chart chart = new("loss", "steps", "nats", [new("training", "", [0, 1, 2, 3, 4], [1, 10, 100, 1000, 1e4])]) { Whole = true, LogarithmicFrom = 30 };
        string[] lines = [.. TerminalChart.Draw(chart, 60, 10, unicode: false)];
        Assert.Equal("loss, nats, logarithmic   .. training", lines[0]);
        Assert.Equal(["10,000", "1,000", "100", "10", "1"], lines[1..11].Select(line => line.Split('|')[0].Trim()).Where(label => label.Length > 0));
        int[] heights = [.. Enumerable.Range(8, 50).Select(column => Array.FindIndex(lines[1..11], line => line.Length > column && line[column] == '.'))];
        Assert.Equal(heights.OrderDescending(), heights);
        Assert.InRange(heights[25], 4, 5);
    }

    [Fact]
    public void Gaps_do_not_matter_and_nothing_is_drawn_without_a_point_or_room()
    {
        Assert.Empty(TerminalChart.Draw(new Chart("a", "x", "b", [new("c", "", [0, 1], [double.NaN, double.PositiveInfinity])]), 80, 10, unicode: true));
        Assert.Empty(TerminalChart.Draw(new Chart("a", "x", "b", [new("c", "", [0, 1], [1, 2])]), 8, 10, unicode: true));
        Assert.NotEmpty(TerminalChart.Draw(new Chart("a", "x", "b", [new("c", "", [0, 1, 2], [1, double.NaN, 2])]), 80, 10, unicode: true));
    }
}
