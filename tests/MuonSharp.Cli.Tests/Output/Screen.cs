using System.Text;

namespace MuonSharp.Cli.Tests.Output;

/// <summary>A terminal's screen, as far as the tool uses one: it wraps at its width, obeys return, new line, "erase what is behind the cursor", and ignores colours.</summary>
/// <param name="width">Characters in a line.</param>
/// <param name="reflows">Whether lines are wrapped anew when the width changes, as most terminals do, or cut, as the others do.</param>
internal sealed class Screen(int width, bool reflows) : StringWriter
{
    /// <summary>Logical lines: what was written between two line ends.</summary>
    private readonly List<StringBuilder> _lines = [new()];

    private int _at;

    /// <summary>Characters in a line at the moment.</summary>
    public int Columns { get; private set; } = width;

    public override void Write(char value) => Write(value.ToString());

    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

    public override void Write(string? value)
    {
        string text = value ?? "";
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\e')
            {
                int end = text.IndexOfAny(['m', 'J'], i);
                if (text[end] == 'J')
                {
                    _lines[^1].Length = Math.Min(_at, _lines[^1].Length);
                }

                i = end;
            }
            else
            {
                Put(text[i]);
            }
        }
    }

    /// <summary>The window gets another width.</summary>
    public void Resize(int columns)
    {
        Columns = columns;
        if (!reflows)
        {
            foreach (StringBuilder line in _lines)
            {
                line.Length = Math.Min(line.Length, columns);
            }
        }
    }

    /// <summary>What can be read on it: rows of the window.</summary>
    public IReadOnlyList<string> Rows() =>
        [.. _lines.SelectMany(line => line.Length == 0 ? [""] : line.ToString().Chunk(Columns).Select(row => new string(row).TrimEnd()))];

    private void Put(char letter)
    {
        switch (letter)
        {
            case '\n':
                _lines.Add(new());
                _at = 0;
                break;
            case '\r':
                // The beginning of the row, which is that of the line only where the line was not wrapped before the cursor.
                _at -= _at % Columns;
                break;
            default:
                _lines[^1].Append(' ', Math.Max(0, _at - _lines[^1].Length));
                _lines[^1].Length = Math.Max(_lines[^1].Length, _at + 1);
                _lines[^1][_at++] = letter;
                break;
        }
    }
}
