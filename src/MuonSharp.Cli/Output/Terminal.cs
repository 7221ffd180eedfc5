using MuonSharp.Formats;
using Spectre.Console;

namespace MuonSharp.Cli.Output;

/// <summary>Standard output for people: styled text, tables, and one line at the bottom that is drawn over.</summary>
internal sealed class Terminal
{
    /// <summary>Wide enough that nothing wraps in a log file.</summary>
    private const int PipeWidth = 160;

    /// <summary>What a narrower terminal is taken for: it wraps the lines itself.</summary>
    private const int LeastWidth = 21;

    private readonly IAnsiConsole _console;
    private int _liveLength;

    /// <summary>Writes to standard output in the given mode.</summary>
    public Terminal(TerminalMode mode)
    {
        Mode = mode;
        _console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = mode.Color ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = mode.Color ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(Console.Out),
        });
        _console.Profile.Width = mode.Live ? Math.Max(LeastWidth, _console.Profile.Width) : PipeWidth;
    }

    /// <summary>What the output can show.</summary>
    public TerminalMode Mode { get; }

    /// <summary>Characters that fit into a line; one is left free, so that a terminal does not wrap.</summary>
    public int Width => _console.Profile.Width - 1;

    /// <summary>A plain line; what a terminal would obey is shown and not sent.</summary>
    public void Line(string text = "")
    {
        EraseLive();
        Console.Out.WriteLine(OneLine.Printable(text));
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
        _console.MarkupLine($"[{style}]{Markup.Escape(OneLine.Printable(text))}[/]");
    }

    /// <summary>Text of several lines, indented, in one of the palette's styles.</summary>
    public void Block(string text, string style)
    {
        foreach (string line in text.ReplaceLineEndings("\n").Split('\n'))
        {
            Line($"  {line}", style);
        }
    }

    /// <summary>A table without borders: columns that line up.</summary>
    public void Columns(IEnumerable<IReadOnlyList<string>> rows, params string[] styles)
    {
        EraseLive();
        foreach (string line in ColumnText.Align(rows.ToList(), _console.Profile.Width, styles))
        {
            _console.MarkupLine(line);
        }
    }

    /// <summary>A table of numbers: the first column begins at one place, each of the others ends at one.</summary>
    public void Numbers(IEnumerable<IReadOnlyList<string>> rows, params string[] styles)
    {
        EraseLive();
        foreach (string line in ColumnText.Align(rows.ToList(), _console.Profile.Width, styles, right: true))
        {
            _console.MarkupLine(line);
        }
    }

    /// <summary>Draws over the line at the bottom; does nothing in a pipe.</summary>
    public void Live(string text)
    {
        if (!Mode.Live)
        {
            return;
        }

        string shown = text.Length <= Width ? text : text[..Width];
        Console.Out.Write('\r' + shown + new string(' ', Math.Max(0, _liveLength - shown.Length)));
        _liveLength = shown.Length;
    }

    private void EraseLive()
    {
        if (_liveLength > 0)
        {
            Console.Out.Write('\r' + new string(' ', _liveLength) + '\r');
            _liveLength = 0;
        }
    }
}

/// <summary>What standard output can show.</summary>
/// <param name="Live">A terminal: a line may be drawn over.</param>
/// <param name="Color">Escape codes for colour are welcome.</param>
internal sealed record TerminalMode(bool Live, bool Color)
{
    /// <summary>Reads the environment: a pipe gets plain lines, <c>NO_COLOR</c> and <c>TERM=dumb</c> are honoured.</summary>
    public static TerminalMode Detect()
    {
        bool live = !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not ("dumb" or null or "");
        return new(live, live && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")));
    }
}

/// <summary>The palette: every colour the tool uses, by meaning.</summary>
internal static class Style
{
    /// <summary>The name of a value.</summary>
    public const string Label = "grey";

    /// <summary>A value to look at.</summary>
    public const string Strong = "bold";

    /// <summary>Something that went well.</summary>
    public const string Good = "green";

    /// <summary>Something to know.</summary>
    public const string Warning = "yellow";

    /// <summary>Text that the model wrote.</summary>
    public const string Sample = "italic";

    /// <summary>As it comes.</summary>
    public const string Plain = "";
}
