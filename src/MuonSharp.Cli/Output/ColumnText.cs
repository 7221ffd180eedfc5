using MuonSharp.Formats;
using Spectre.Console;

namespace MuonSharp.Cli.Output;

/// <summary>Lines up columns; the last one wraps under itself, or stands below the others where the line has no room for it.</summary>
internal static class ColumnText
{
    private const int Gap = 2;

    /// <summary>The least that a column of text is wrapped to.</summary>
    private const int LeastText = 20;

    /// <summary>Spaces before what stands below.</summary>
    private const int Below = 4;

    /// <summary>One marked-up line for each line of the table.</summary>
    /// <param name="rows">Cells by row; all rows have the same number of cells.</param>
    /// <param name="width">Characters that a line holds.</param>
    /// <param name="styles">A style of Spectre.Console for each column; missing ones are plain.</param>
    /// <param name="right">Whether all columns but the first end, and not begin, at one place: those of a table of numbers.</param>
    public static IEnumerable<string> Align(IReadOnlyList<IReadOnlyList<string>> rows, int width, IReadOnlyList<string> styles, bool right = false)
    {
        if (rows.Count == 0)
        {
            yield break;
        }

        // Names may come from a file: a terminal must not obey them, and a cell has one line.
        rows = [.. rows.Select(row => (string[])[.. row.Select(cell => OneLine.Cut(cell, int.MaxValue))])];
        rows = right ? [.. rows.Select(row => (string[])[.. row.Select((cell, column) => column == 0 ? cell : cell.PadLeft(rows.Max(other => other[column].Length)))])] : rows;
        int last = rows[0].Count - 1;
        int[] widths = Enumerable.Range(0, last).Select(column => rows.Max(row => row[column].Length) + Gap).ToArray();
        int indent = widths.Sum();
        int room = Math.Max(LeastText, width - 1);
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
            string head = Columns(row, 0, last, widths, styles);
            foreach (string piece in Wrap(row[last], Math.Max(LeastText, room - indent)))
            {
                yield return head + Styled(piece, last, styles);
                head = new string(' ', indent);
            }
        }
    }

    /// <summary>A row over several lines: the columns as far as they line up within the line, then the text below, a little to the right.</summary>
    private static IEnumerable<string> Stack(IReadOnlyList<string> row, int[] widths, int room, IReadOnlyList<string> styles)
    {
        int last = row.Count - 1;
        string below = new string(' ', Below);
        if (widths.Sum() - Gap <= room)
        {
            yield return Columns(row, 0, last, widths, styles);
        }
        else
        {
            foreach (string piece in Wrap(row[0], room))
            {
                yield return Styled(piece, 0, styles);
            }

            string middle = string.Join(new string(' ', Gap), row.Take(last).Skip(1).Select(cell => cell.Trim()).Where(cell => cell.Length > 0));
            if (middle.Length > 0 && widths.Skip(1).Sum() - Gap + Below <= room)
            {
                yield return below + Columns(row, 1, last, widths, styles);
            }
            else
            {
                foreach (string piece in middle.Length == 0 ? [] : Wrap(middle, room - Below))
                {
                    yield return below + Markup.Escape(piece);
                }
            }
        }

        foreach (string piece in row[last].Length == 0 ? [] : Wrap(row[last].Trim(), room - Below))
        {
            yield return below + Styled(piece, last, styles);
        }
    }

    /// <summary>The cells of some columns, each as wide as its column; the last one without what would end the line.</summary>
    private static string Columns(IReadOnlyList<string> row, int from, int to, int[] widths, IReadOnlyList<string> styles) =>
        string.Concat(Enumerable.Range(from, to - from).Select(column => Styled(row[column].PadRight(widths[column]), column, styles)));

    private static string Styled(string text, int column, IReadOnlyList<string> styles) =>
        column < styles.Count && styles[column].Length > 0 ? $"[{styles[column]}]{Markup.Escape(text)}[/]" : Markup.Escape(text);

    private static IEnumerable<string> Wrap(string text, int width)
    {
        while (text.Length > width)
        {
            int cut = text.LastIndexOf(' ', width);
            cut = cut <= 0 ? width : cut;
            yield return text[..cut].TrimEnd();
            text = text[cut..].TrimStart();
        }

        yield return text;
    }
}
