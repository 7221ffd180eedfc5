using System.Text;

namespace MuonSharp.Reports;

/// <summary>Draws a chart with letters: lines as braille dots, two by four in a letter, marks as letters of their own; or in plain ASCII.</summary>
internal static class TerminalChart
{
    private const int LeastPlot = 10;
    private const char Braille = '\u2800';

    /// <summary>Bits of a braille letter: from top to bottom, the left column first.</summary>
    private static readonly int[,] s_dots = { { 0x01, 0x08 }, { 0x02, 0x10 }, { 0x04, 0x20 }, { 0x40, 0x80 } };

    /// <summary>The lines of text, without line breaks or blanks at their ends; none where there is nothing to draw or no room.</summary>
    /// <param name="chart">What to draw: lines, and dots as marks.</param>
    /// <param name="width">Letters that a line may have.</param>
    /// <param name="height">Lines of the plot itself, at least 2; legend, axis and its numbers come on top.</param>
    /// <param name="unicode">Whether other letters than those of ASCII can be shown.</param>
    public static IReadOnlyList<string> Draw(Chart chart, int width, int height, bool unicode)
    {
        Series[] drawn = [.. chart.Series.Where(series => series.Finite.Any())];
        if (drawn.Length == 0)
        {
            return [];
        }

        double[] x = [.. drawn.SelectMany(series => series.Finite.Select(i => series.X[i]))], y = [.. drawn.SelectMany(series => series.Finite.Select(i => series.Y[i]))];
        Axis vertical = new(y.Min(), y.Max(), ChartSvg.HasLogarithmicHeights(chart), marks: Math.Max(2, height / 2));
        string[] labels = [.. vertical.Ticks.Select(Axis.Text)];
        int margin = labels.Max(label => label.Length) + 1, columns = width - margin - 1;
        if (columns < LeastPlot)
        {
            return [];
        }

        Axis horizontal = new(Math.Min(0, x.Min()), x.Max(), marks: Math.Max(2, columns / 14), whole: chart.Whole);
        char[][] plot = Plot(drawn, horizontal, vertical, columns, height, unicode);
        string[] left = [.. Enumerable.Repeat(new string(' ', margin), height)];
        for (int i = 0; i < labels.Length; i++)
        {
            left[Row(vertical.At(vertical.Ticks[i]), height)] = labels[i].PadLeft(margin - 1) + " ";
        }

        return
        [
            .. Legend(chart, drawn, width, unicode),
            .. plot.Select((row, i) => (left[i] + (unicode ? '│' : '|') + new string(row)).TrimEnd()),
            new string(' ', margin) + (unicode ? '└' + new string('─', columns) : '+' + new string('-', columns)),
            new string(' ', margin + 1) + Numbers(horizontal, chart.Horizontal, columns),
        ];
    }

    private static IEnumerable<string> Legend(Chart chart, Series[] drawn, int width, bool unicode)
    {
        string title = $"{chart.Title}, {chart.Vertical}{(ChartSvg.HasLogarithmicHeights(chart) ? ", logarithmic" : "")}";
        string[] names = [.. drawn.Select(series => $"{(series.Kind == SeriesKind.Line ? (unicode ? "⠒⠒" : "..") : Mark(unicode).ToString())} {series.Label}")];
        string whole = string.Join("   ", names.Prepend(title));
        return whole.Length <= width ? [whole] : [title, .. names.Select(name => name.Length <= width ? name : name[..width])];
    }

    private static char[][] Plot(Series[] drawn, Axis horizontal, Axis vertical, int columns, int height, bool unicode)
    {
        char[][] plot = [.. Enumerable.Range(0, height).Select(_ => new string(' ', columns).ToCharArray())];
        (int across, int down) = unicode ? (2, 4) : (1, 1);
        foreach (Series series in drawn.Where(series => series.Kind == SeriesKind.Line))
        {
            double[] heights = Heights(series, horizontal, vertical, columns * across);
            for (int column = 0; column < heights.Length; column++)
            {
                if (double.IsNaN(heights[column]))
                {
                    continue;
                }

                int here = Row(heights[column], height * down), before = column > 0 && !double.IsNaN(heights[column - 1]) ? Row(heights[column - 1], height * down) : here;

                // A stroke from the dot before to this one, without the dot before itself.
                int from = before < here ? before + 1 : here, to = before > here ? before - 1 : here;
                for (int row = from; row <= to; row++)
                {
                    Set(plot, row, column, unicode);
                }
            }
        }

        foreach (Series series in drawn.Where(series => series.Kind != SeriesKind.Line))
        {
            foreach (int i in series.Finite)
            {
                plot[Row(vertical.At(series.Y[i]), height)][Math.Min(columns - 1, (int)(horizontal.At(series.X[i]) * columns))] = Mark(unicode);
            }
        }

        return plot;
    }

    /// <summary>The line's height in each column, 0 to 1: the mean of its points there, and between points on a straight line; NaN beside the line.</summary>
    private static double[] Heights(Series series, Axis horizontal, Axis vertical, int columns)
    {
        double[] sums = new double[columns];
        int[] counts = new int[columns];
        foreach (int i in series.Finite)
        {
            int column = Math.Clamp((int)(horizontal.At(series.X[i]) * columns), 0, columns - 1);
            (sums[column], counts[column]) = (sums[column] + vertical.At(series.Y[i]), counts[column] + 1);
        }

        double[] heights = [.. sums.Select((sum, column) => counts[column] == 0 ? double.NaN : sum / counts[column])];
        int last = -1;
        for (int column = 0; column < columns; column++)
        {
            if (counts[column] == 0)
            {
                continue;
            }

            for (int between = last + 1; last >= 0 && between < column; between++)
            {
                heights[between] = heights[last] + ((heights[column] - heights[last]) * (between - last) / (column - last));
            }

            last = column;
        }

        return heights;
    }

    private static void Set(char[][] plot, int row, int column, bool unicode)
    {
        if (!unicode)
        {
            plot[row][column] = '.';
            return;
        }

        ref char cell = ref plot[row / 4][column / 2];
        cell = (char)((cell == ' ' ? Braille : cell) | s_dots[row % 4, column % 2]);
    }

    /// <summary>The numbers of the axis where they have room, the unit behind the last.</summary>
    private static string Numbers(Axis horizontal, string unit, int columns)
    {
        StringBuilder line = new();
        foreach (double tick in horizontal.Ticks)
        {
            string text = Axis.Text(tick);
            int at = (int)(horizontal.At(tick) * columns) - (text.Length / 2);
            at = Math.Clamp(at, 0, columns - text.Length);
            if (line.Length == 0 || at > line.Length + 1)
            {
                line.Append(' ', at - line.Length).Append(text);
            }
        }

        return line.Length + 1 + unit.Length <= columns ? line.Append(' ').Append(unit).ToString() : line.ToString();
    }

    private static char Mark(bool unicode) => unicode ? '●' : 'o';

    private static int Row(double share, int rows) => Math.Clamp((int)((1 - share) * rows), 0, rows - 1);
}
