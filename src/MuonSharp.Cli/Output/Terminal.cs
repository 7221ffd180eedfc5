using Spectre.Console;

namespace MuonSharp.Cli.Output;

/// <summary>Standard output for people: styled text, tables, and one line at the bottom that is drawn over.</summary>
internal sealed class Terminal
{
    /// <summary>Wide enough that nothing wraps in a log file.</summary>
    private const int PipeWidth = 160;

    private readonly IAnsiConsole console;
    private int liveLength;

    /// <summary>Writes to standard output in the given mode.</summary>
    public Terminal(TerminalMode mode)
    {
        Mode = mode;
        console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = mode.Color ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = mode.Color ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(Console.Out),
        });
        if (!mode.Live)
        {
            console.Profile.Width = PipeWidth;
        }
    }

    /// <summary>What the output can show.</summary>
    public TerminalMode Mode { get; }

    /// <summary>Characters that fit into a line; one is left free, so that a terminal does not wrap.</summary>
    public int Width => Math.Max(20, console.Profile.Width - 1);

    /// <summary>A plain line, exactly as given.</summary>
    public void Line(string text = "")
    {
        EraseLive();
        Console.Out.WriteLine(text);
    }

    /// <summary>A line in one of the palette's styles, plain where colour is not wanted.</summary>
    public void Line(string text, string style)
    {
        if (style.Length == 0 || !Mode.Color)
        {
            Line(text);
            return;
        }

        EraseLive();
        console.MarkupLine($"[{style}]{Markup.Escape(text)}[/]");
    }

    /// <summary>Text of several lines, indented, in one of the palette's styles.</summary>
    public void Block(string text, string style)
    {
        foreach (var line in text.ReplaceLineEndings("\n").Split('\n'))
        {
            Line($"  {Printable.Of(line)}", style);
        }
    }

    /// <summary>A table without borders: columns that line up.</summary>
    public void Columns(IEnumerable<IReadOnlyList<string>> rows, params string[] styles)
    {
        EraseLive();
        foreach (var line in ColumnText.Align(rows.ToList(), console.Profile.Width, styles))
        {
            console.MarkupLine(line);
        }
    }

    /// <summary>A table of numbers: the first column begins at one place, each of the others ends at one.</summary>
    public void Numbers(IEnumerable<IReadOnlyList<string>> rows, params string[] styles)
    {
        EraseLive();
        foreach (var line in ColumnText.Align(rows.ToList(), console.Profile.Width, styles, right: true))
        {
            console.MarkupLine(line);
        }
    }

    /// <summary>Draws over the line at the bottom; does nothing in a pipe.</summary>
    public void Live(string text)
    {
        if (!Mode.Live)
        {
            return;
        }

        var shown = text.Length <= Width ? text : text[..Width];
        Console.Out.Write('\r' + shown + new string(' ', Math.Max(0, liveLength - shown.Length)));
        liveLength = shown.Length;
    }

    private void EraseLive()
    {
        if (liveLength > 0)
        {
            Console.Out.Write('\r' + new string(' ', liveLength) + '\r');
            liveLength = 0;
        }
    }
}
