using System.Text.RegularExpressions;
using MuonSharp.Cli.Tests.Output;
using MuonSharp.EndToEnd.Processes;
using MuonSharp.EndToEnd.Runs;

namespace MuonSharp.EndToEnd.CommandLine;

/// <summary>What a person at a terminal sees; the terminal is the one that <c>script</c> makes.</summary>
public partial class TerminalTests
{
    [Fact]
    public void A_terminal_gets_colours_and_a_line_that_is_drawn_over()
    {
        string text = TrainAtTerminal("xterm-256color", null);
        Assert.Matches(Color(), text);
        Assert.Matches(@"\r\x1b\[Jstep +\d+/60 ", text);
        Assert.Contains("done: 60 steps", text, StringComparison.Ordinal);
    }

    [Fact(Explicit = true)]
    public void With_no_color_the_line_is_still_drawn_over_but_nothing_is_coloured()
    {
        string text = TrainAtTerminal("xterm-256color", "1");
        Assert.DoesNotMatch(Color(), text);
        Assert.Matches(@"\r\x1b\[Jstep +\d+/60 ", text);
    }

    [Fact]
    public void A_dumb_terminal_gets_plain_lines()
    {
        string text = TrainAtTerminal("dumb", null);
        Assert.DoesNotMatch(Color(), text);
        Assert.DoesNotContain("\u001b[J", text, StringComparison.Ordinal);
        Assert.Contains("\nstep 60/60 ", text.ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(60, null)]
    [InlineData(80, null, Explicit = true)]
    [InlineData(100, "1", Explicit = true)]
    [InlineData(120, "1")]
    public void Banner_plan_profile_and_samples_fit_the_window(int width, string? noColor)
    {
        string text = TrainAtTerminal("xterm-256color", noColor, width, "--verbose", "--profile");
        Assert.All(["who trains what", "settings", "sample after step", "where a step's", "done: 60 steps"], part => Assert.Contains(part, text, StringComparison.Ordinal));
        string[] rows = [.. Screen(text, width)];
        string[] tooLong = [.. rows.Where(row => row.Length >= width && !row.StartsWith("  muonsharp ", StringComparison.Ordinal) && row.Split(' ').All(word => word.Length < width - 30))];
        Assert.Empty(tooLong);

        // A command is pasted as a whole, so it is one line, which the terminal wraps.
        Assert.Matches(@"\n  muonsharp generate --run \S+ --tokens 500\r?\n", text);
        Assert.True(Array.FindIndex(rows, row => row.StartsWith("who trains what", StringComparison.Ordinal)) is > 8 and < 26, string.Join('\n', rows.Take(30)));
    }

    [Fact]
    public void A_window_that_is_made_narrower_during_a_run_gets_lines_that_fit_from_then_on()
    {
        Signal.SkipWhereIgnored(Signal.Interrupt);
        using var folder = new TemporaryFolder();

        // What was drawn counts: how many steps are beneath a drawing is the machine's affair.
        string drawings = $"$(grep -ao \"$(printf '\\033')\\[J\" '{folder.At("record")}' | wc -l)";
        string watch = $"(while [ {drawings} -lt 10 ]; do sleep 0.05; done; stty cols 50 < /dev/tty; seen={drawings}; while [ {drawings} -lt $((seen + 10)) ]; do sleep 0.05; done; kill -INT $$) &";
        string[] long_ = ["--steps", "1000000", "--set", "checkpoint.every=1000000", "--set", "evaluate.every=1000000", "--set", "sample.every=1000000"];
        string text = AtTerminal(folder, $"stty cols 100 rows 30; {watch} exec dotnet exec '{Repository.Tool}' {Quoted(TinyRun.Train(folder, folder.At("run"), long_))}", 130, null);
        int[] drawn = [.. DrawnOver().Matches(text).Select(match => match.Groups["line"].Length).Where(length => length > 0)];
        int narrow = Array.FindIndex(drawn, length => length <= 49);
        Assert.InRange(drawn[0], 50, 99);
        Assert.InRange(narrow, 1, drawn.Length - 2);
        Assert.All(drawn[narrow..], length => Assert.InRange(length, 1, 49));
        Assert.Contains("stopping after this step", text, StringComparison.Ordinal);
    }

    private static string TrainAtTerminal(string terminal, string? noColor, int width = 100, params string[] more)
    {
        using var folder = new TemporaryFolder();
        var variables = new Dictionary<string, string>(StringComparer.Ordinal) { ["TERM"] = terminal };
        if (noColor is not null)
        {
            variables["NO_COLOR"] = noColor;
        }

        return AtTerminal(folder, $"stty cols {width} rows 30; exec dotnet exec '{Repository.Tool}' {Quoted(TinyRun.Train(folder, folder.At("run"), more))}", 0, variables);
    }

    /// <summary>What a command wrote to a terminal.</summary>
    private static string AtTerminal(TemporaryFolder folder, string command, int exitCode, Dictionary<string, string>? variables)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script") && OperatingSystem.IsLinux(), "a terminal needs the command script of Linux");
        string record = folder.At("record");
        using var running = new RunningProcess(
            "/usr/bin/script", ["-qefc", command, record], folder.FullPath, variables ?? new(StringComparer.Ordinal) { ["TERM"] = "xterm-256color" });
        running.Wait().Exits(exitCode);
        string text = File.ReadAllText(record);

        // The first line and the last are the recorder's own.
        return text[(text.IndexOf('\n', StringComparison.Ordinal) + 1)..text.LastIndexOf("\nScript done", StringComparison.Ordinal)];
    }

    /// <summary>What is on the screen in the end, without what was drawn over.</summary>
    private static IEnumerable<string> Screen(string text, int width)
    {
        using Screen screen = new(width, reflows: true);
        screen.Write(Other().Replace(text.Replace("\r\n", "\n", StringComparison.Ordinal), ""));
        return screen.Rows();
    }

    private static string Quoted(IEnumerable<string> words) => string.Join(' ', words.Select(word => $"'{word}'"));

    [GeneratedRegex(@"\x1b\[[0-9;]*m", RegexOptions.None, 10_000)]
    private static partial Regex Color();

    [GeneratedRegex(@"\x1b(?:\[\?[0-9]*[hl]|=|>)", RegexOptions.None, 10_000)]
    private static partial Regex Other();

    [GeneratedRegex(@"\r\x1b\[J(?<line>step[^\r\n\x1b]*)\r(?!\n)", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex DrawnOver();
}
