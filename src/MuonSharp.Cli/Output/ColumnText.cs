using Spectre.Console;

namespace MuonSharp.Cli.Output;

/// <summary>Lines up columns; the last one wraps under itself.</summary>
internal static class ColumnText
{
    private const int Gap = 2;

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

        var last = rows[0].Count - 1;
        var widths = Enumerable.Range(0, last).Select(column => rows.Max(row => row[column].Length) + Gap).ToArray();
        var indent = widths.Sum();
        var lastWidth = right ? rows.Max(row => row[last].Length) : 0;
        foreach (var row in rows)
        {
            var head = string.Concat(Enumerable.Range(0, last).Select(column => Styled(Padded(row[column], column), column, styles)));
            foreach (var piece in Wrap(row[last].PadLeft(lastWidth), Math.Max(24, width - indent - 1)))
            {
                yield return head + Styled(piece, last, styles);
                head = new string(' ', indent);
            }
        }

        string Padded(string cell, int column) =>
            right && column > 0 ? cell.PadLeft(widths[column] - Gap) + new string(' ', Gap) : cell.PadRight(widths[column]);
    }

    private static string Styled(string text, int column, IReadOnlyList<string> styles) =>
        column < styles.Count && styles[column].Length > 0 ? $"[{styles[column]}]{Markup.Escape(text)}[/]" : Markup.Escape(text);

    private static IEnumerable<string> Wrap(string text, int width)
    {
        while (text.Length > width)
        {
            var cut = text.LastIndexOf(' ', width);
            cut = cut <= 0 ? width : cut;
            yield return text[..cut].TrimEnd();
            text = text[cut..].TrimStart();
        }

        yield return text;
    }
}
