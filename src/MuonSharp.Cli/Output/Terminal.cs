using System.Runtime.InteropServices;
using MuonSharp.Formats;
using Spectre.Console;

namespace MuonSharp.Cli.Output;

/// <summary>Standard output for people: styled text, tables, and one line at the bottom that is drawn over.</summary>
/// <remarks>
/// Lines are laid out here and never by the terminal, so a text is the same with colours and without. The cursor waits at the beginning of the line that
/// is drawn over: whatever a terminal makes of its lines when the window changes, all of that line then lies behind the cursor and can be erased.
/// </remarks>
internal sealed class Terminal : IDisposable
{
    /// <summary>Wide enough that nothing wraps in a log file.</summary>
    private const int PipeWidth = 160;

    /// <summary>What a narrower terminal is taken for: it wraps the lines itself.</summary>
    private const int LeastWidth = 21;

    /// <summary>Erases all that stands behind the cursor.</summary>
    private const string Erase = "\x1b[J";

    private readonly Lock _gate = new();
    private readonly TextWriter _output;
    private readonly IAnsiConsole _console;
    private readonly Func<int> _width;
    private readonly PosixSignalRegistration? _resized;
    private IReadOnlyList<string> _live = [];
    private bool _ended;

    /// <summary>Writes to standard output in the given mode.</summary>
    public Terminal(TerminalMode mode)
        : this(mode, Console.Out, mode.Live ? static () => Console.WindowWidth : static () => PipeWidth)
    {
        if (mode.Live && !OperatingSystem.IsWindows())
        {
            _resized = PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => Redraw());
        }
    }

    /// <summary>Writes somewhere else.</summary>
    /// <param name="mode">What the output can show.</param>
    /// <param name="output">Where it goes.</param>
    /// <param name="width">Characters that a line holds at the moment.</param>
    internal Terminal(TerminalMode mode, TextWriter output, Func<int> width)
    {
        (Mode, _output, _width) = (mode, output, width);
        _console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = mode.Color ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = mode.Color ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(output),
        });
        _console.Profile.Width = int.MaxValue / 2;
    }

    /// <summary>What the output can show.</summary>
    public TerminalMode Mode { get; }

    /// <summary>Characters that fit into a line at the moment; one is left free, so that a terminal does not wrap.</summary>
    public int Width => Math.Max(LeastWidth, _width()) - 1;

    /// <summary>A line, wrapped at words where the window is narrower; what a terminal would obey is shown and not sent.</summary>
    /// <param name="text">The text.</param>
    /// <param name="style">One of the palette's styles.</param>
    public void Line(string text = "", string style = Style.Plain) => Write(Wrapped(OneLine.Printable(text), 0), style);

    /// <summary>A line that is pasted or clicked as a whole, a command or an address: where the window is narrower the terminal wraps it, which leaves it one line.</summary>
    public void Whole(string text) => Write([OneLine.Cut(text, int.MaxValue)], Style.Plain);

    /// <summary>Text of several lines with the breaks that it has, indented; where one is longer than the window it goes on further to the right.</summary>
    public void Block(string text, string style) =>
        Write(OneLine.Printable(text).ReplaceLineEndings("\n").Split('\n').SelectMany(line => Wrapped(line, 2)), style);

    /// <summary>Names and values: columns that line up.</summary>
    public void Columns(IEnumerable<IReadOnlyList<string>> rows, params string[] styles) => WriteMarkup(TextTable.Of([.. rows], styles).Lines(Width));

    /// <summary>A table with a header.</summary>
    public void Table(TextTable table) => WriteMarkup(table.Lines(Width));

    /// <summary>Draws over the line at the bottom; does nothing in a pipe.</summary>
    /// <param name="fields">What it says, the most important first: those that have no room are left out from the end.</param>
    public void Live(params IReadOnlyList<string> fields)
    {
        if (Mode.Live)
        {
            lock (_gate)
            {
                _live = fields;
                Draw();
            }
        }
    }

    /// <summary>Says something on standard error from a signal's thread: above the line that is drawn over, and without waiting long for whoever is writing.</summary>
    /// <param name="text">One line.</param>
    /// <param name="last">Whether the process is about to end: then nothing is written after it.</param>
    public void Notice(string text, bool last = false)
    {
        bool mine = _gate.TryEnter(TimeSpan.FromMilliseconds(200));
        try
        {
            if (mine)
            {
                EraseLive();
            }

            Console.Error.WriteLine(OneLine.Cut(text, int.MaxValue));
            _ended |= last;
        }
        finally
        {
            if (mine)
            {
                _gate.Exit();
            }
        }
    }

    /// <summary>Stops listening for changes of the window.</summary>
    public void Dispose() => _resized?.Dispose();

    private IEnumerable<string> Wrapped(string text, int indent)
    {
        int width = Mode.Live ? Width - indent : int.MaxValue;
        if (text.Length <= width)
        {
            return [new string(' ', indent) + text];
        }

        string first = text.LastIndexOf(' ', width) is > 0 and int cut ? text[..cut] : text[..width];
        return [new string(' ', indent) + first.TrimEnd(), .. Wrapping.Words(text[first.Length..].TrimStart(), width - 4).Select(line => new string(' ', indent + 4) + line)];
    }

    private void Write(IEnumerable<string> lines, string style) =>
        WriteMarkup(lines.Select(line => style.Length == 0 || line.Length == 0 ? Markup.Escape(line) : $"[{style}]{Markup.Escape(line)}[/]"));

    private void WriteMarkup(IEnumerable<string> lines)
    {
        lock (_gate)
        {
            if (_ended)
            {
                return;
            }

            EraseLive();
            foreach (string line in lines)
            {
                _console.MarkupLine(line);
            }
        }
    }

    private void Redraw()
    {
        try
        {
            lock (_gate)
            {
                if (_live.Count > 0)
                {
                    Draw();
                }
            }
        }
        catch (IOException)
        {
            // The terminal has gone; whoever writes next says so.
        }
    }

    private void Draw()
    {
        if (!_ended)
        {
            _output.Write($"\r{Erase}{Wrapping.Fit(_live, Width)}\r");
            _output.Flush();
        }
    }

    private void EraseLive()
    {
        if (_live.Count > 0)
        {
            _output.Write($"\r{Erase}");
            _live = [];
        }
    }
}
