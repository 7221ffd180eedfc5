using MuonSharp.Formats;
using Spectre.Console;

namespace MuonSharp.Cli.Output;

/// <summary>Names and values without a header: columns that line up; the last one wraps under itself, or stands below the others where the line has no room for it.</summary>
internal static class ColumnText
{
    private const int Gap = 2;

    /// <summary>The least that a column of text is wrapped to.</summary>
    private const int LeastText = 20;

    /// <summary>Spaces before what stands below.</summary>
    private const int Below = 4;

    /// <summary>One marked-up line for each line of the table.</summary>
    /// <param name="rows">Cells by row; all rows have the same number of cells.</param>
    /// <param name="room">Characters that a line holds.</param>
    /// <param name="styles">A style of Spectre.Console for each column; missing ones are plain.</param>
    public static IEnumerable<string> Align(IReadOnlyList<IReadOnlyList<string>> rows, int room, IReadOnlyList<string> styles)
    {
        if (rows.Count == 0)
        {
            yield break;
        }

        // Names may come from a file: a terminal must not obey them, and a cell has one line.
        rows = [.. rows.Select(row => (string[])[.. row.Select(cell => OneLine.Cut(cell, int.MaxValue))])];
        int last = rows[0].Count - 1;
        int[] widths = Enumerable.Range(0, last).Select(column => rows.Max(row => row[column].Length) + Gap).ToArray();
        int indent = widths.Sum();
        room = Math.Max(LeastText, room);
        if (last > 0 && room - indent < Math.Min(LeastText, rows.Max(row => row[last].Length)))
        {
            foreach (string? line in rows.SelectMany(row => Stack(row, widths, room, styles)))
            {
                yield return line;
            }

            yield break;
        }

        foreach (IReadOnlyList<string> row in rows)
        {
            string head = Columns(row, last, widths, styles);
            foreach (string piece in Wrapping.Words(row[last], Math.Max(LeastText, room - indent)))
            {
                yield return head + Styled(piece, last, styles);
                head = new string(' ', indent);
            }
        }
    }

    /// <summary>A row over several lines: its name, and below it, a little to the right, the other cells.</summary>
    private static IEnumerable<string> Stack(IReadOnlyList<string> row, int[] widths, int room, IReadOnlyList<string> styles)
    {
        int last = row.Count - 1;
        string below = new(' ', Below);
        if (widths.Sum() - Gap <= room)
        {
            yield return Columns([.. row.Take(last - 1), row[last - 1].TrimEnd()], last, [.. widths.Take(last - 1), 0], styles);
        }
        else
        {
            foreach (string piece in Wrapping.Words(row[0], room))
            {
                yield return Styled(piece, 0, styles);
            }

            foreach (string line in Wrapping.Parts(row.Take(last).Skip(1).Where(cell => cell.Length > 0), room - Below))
            {
                yield return below + Markup.Escape(line);
            }
        }

        foreach (string piece in row[last].Length == 0 ? [] : Wrapping.Words(row[last], room - Below))
        {
            yield return below + Styled(piece, last, styles);
        }
    }

    private static string Columns(IReadOnlyList<string> row, int count, int[] widths, IReadOnlyList<string> styles) =>
        string.Concat(Enumerable.Range(0, count).Select(column => Styled(row[column].PadRight(widths[column]), column, styles)));

    private static string Styled(string text, int column, IReadOnlyList<string> styles) =>
        column < styles.Count && styles[column].Length > 0 ? $"[{styles[column]}]{Markup.Escape(text)}[/]" : Markup.Escape(text);
}
