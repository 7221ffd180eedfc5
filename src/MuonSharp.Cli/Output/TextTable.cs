using MuonSharp.Formats;
using Spectre.Console;

namespace MuonSharp.Cli.Output;

/// <summary>What stands in a column of a table.</summary>
internal enum ColumnKind
{
    /// <summary>Names and words: they begin at one place.</summary>
    Name,

    /// <summary>Numbers: they end at one place.</summary>
    Number,

    /// <summary>A sentence, so the last column: it wraps under itself, or stands below its row where the line has no room for it.</summary>
    Text,
}

/// <summary>A column of a table.</summary>
/// <param name="Title">What its header says; may be empty.</param>
/// <param name="Kind">What stands in it.</param>
/// <param name="LeaveOut">Where the line is too narrow the column with the greatest number goes first; 0: it never goes.</param>
/// <param name="Style">One of the palette's styles.</param>
internal sealed record TableColumn(string Title, ColumnKind Kind = ColumnKind.Name, int LeaveOut = 0, string Style = Output.Style.Plain);

/// <summary>A table without borders in which no number ever stands under a wrong header: it leaves out columns until it fits, and where that is not enough every row is a list of names and values.</summary>
/// <param name="columns">The columns, the first of them the row's name.</param>
/// <param name="rows">Cells by row, as many as there are columns.</param>
internal sealed class TextTable(IReadOnlyList<TableColumn> columns, IEnumerable<IReadOnlyList<string>> rows)
{
    private const int Gap = 2;

    /// <summary>The least that a column of text is wrapped to.</summary>
    private const int LeastText = 20;

    /// <summary>Spaces before what stands below a row.</summary>
    private const int Below = 4;

    // Names may come from a file: a terminal must not obey them, and a cell has one line.
    private readonly string[][] _rows = [.. rows.Select(row => (string[])[.. row.Select(cell => OneLine.Cut(cell, int.MaxValue))])];

    /// <summary>Names and values without a header, the last of each row a text.</summary>
    /// <param name="rows">Cells by row; all rows have the same number of cells, two or more.</param>
    /// <param name="styles">A style for each column; missing ones are plain.</param>
    public static TextTable Of(IReadOnlyList<IReadOnlyList<string>> rows, params IReadOnlyList<string> styles) => new(
        [.. Enumerable.Range(0, rows.Count == 0 ? 0 : rows[0].Count).Select(column => new TableColumn(
            "", column == rows[0].Count - 1 ? ColumnKind.Text : ColumnKind.Name, Style: column < styles.Count ? styles[column] : Output.Style.Plain))],
        rows);

    /// <summary>The columns.</summary>
    public IReadOnlyList<TableColumn> Columns => columns;

    /// <summary>The cells by row, each on one line and fit for a terminal.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Rows => _rows;

    /// <summary>Whether a line has room for all columns side by side.</summary>
    /// <param name="room">Characters that a line holds.</param>
    public bool Fits(int room) => Width([.. Enumerable.Range(0, columns.Count)], Widths()) <= room;

    /// <summary>Marked-up lines, none longer than the line has room for.</summary>
    /// <param name="room">Characters that a line holds.</param>
    public IEnumerable<string> Lines(int room)
    {
        if (_rows.Length == 0)
        {
            return [];
        }

        room = Math.Max(LeastText, room);
        List<int> shown = [.. Enumerable.Range(0, columns.Count)];
        int[] widths = Widths();
        int? text = columns[^1].Kind == ColumnKind.Text ? columns.Count - 1 : null;
        if (text is not null)
        {
            shown.Remove(text.Value);
        }

        List<int> left = [];
        while (Width(shown, widths) > room && shown.MaxBy(column => columns[column].LeaveOut) is var next && columns[next].LeaveOut > 0)
        {
            shown.Remove(next);
            left.Add(next);
        }

        if (Width(shown, widths) > room)
        {
            return Blocks(room);
        }

        IEnumerable<string> lines = Table(shown, widths, text, room);
        return left.Count == 0
            ? lines
            : lines.Concat(Wrapping.Words($"(a wider window also shows {string.Join(", ", left.Order().Select(column => columns[column].Title))})", room).Select(line => Styled(line, Output.Style.Label)));
    }

    private int[] Widths() => [.. columns.Select((column, index) => _rows.Select(row => row[index].Length).Append(column.Title.Length).Max())];

    private static int Width(List<int> shown, int[] widths) => shown.Sum(column => widths[column]) + Gap * (shown.Count - 1);

    private IEnumerable<string> Table(List<int> shown, int[] widths, int? text, int room)
    {
        int indent = Width(shown, widths) + Gap;
        bool beside = text is { } last && room - indent >= Math.Min(LeastText, widths[last]);
        string title = beside ? columns[text!.Value].Title : string.Empty;
        string header = string.Join(new string(' ', Gap), shown.Select(column => Aligned(columns[column].Title, column, widths[column])).Append(title)).TrimEnd();
        if (header.Length > 0)
        {
            yield return Styled(header, Output.Style.Label);
        }

        foreach (string[] row in _rows)
        {
            string head = string.Join(new string(' ', Gap), shown.Select(column => Styled(Aligned(row[column], column, widths[column]), columns[column].Style)));
            if (text is not { } sentence || row[sentence].Length == 0)
            {
                yield return head.TrimEnd();
                continue;
            }

            string style = columns[sentence].Style;
            if (!beside)
            {
                yield return head.TrimEnd();
                head = new string(' ', Below);
            }
            else
            {
                head += new string(' ', Gap);
            }

            foreach (string piece in Wrapping.Words(row[sentence], room - (beside ? indent : Below)))
            {
                yield return head + Styled(piece, style);
                head = new string(' ', beside ? indent : Below);
            }
        }
    }

    /// <summary>A row as its name, and below it each value with the name of its column; what is empty is left out.</summary>
    private IEnumerable<string> Blocks(int room)
    {
        foreach (string[] row in _rows)
        {
            foreach (string piece in Wrapping.Words(row[0], room))
            {
                yield return Styled(piece, columns[0].Style);
            }

            IEnumerable<string> values = columns.Zip(row).Skip(1).Where(static cell => cell.Second.Length > 0).Select(static cell => $"{cell.First.Title} {cell.Second}".Trim());
            foreach (string line in Wrapping.Parts(values, room - Below))
            {
                yield return Markup.Escape(new string(' ', Below) + line);
            }
        }
    }

    private string Aligned(string cell, int column, int width) => columns[column].Kind == ColumnKind.Number ? cell.PadLeft(width) : cell.PadRight(width);

    private static string Styled(string text, string style) => style.Length > 0 ? $"[{style}]{Markup.Escape(text)}[/]" : Markup.Escape(text);
}
