using System.Text.RegularExpressions;
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
        Assert.Matches(@"\rstep +\d+/60 ", text);
        Assert.Contains("done: 60 steps", text, StringComparison.Ordinal);
    }

    [Fact]
    public void With_no_color_the_line_is_still_drawn_over_but_nothing_is_coloured()
    {
        string text = TrainAtTerminal("xterm-256color", "1");
        Assert.DoesNotMatch(Color(), text);
        Assert.Matches(@"\rstep +\d+/60 ", text);
    }

    [Fact]
    public void A_dumb_terminal_gets_plain_lines()
    {
        string text = TrainAtTerminal("dumb", null);
        Assert.DoesNotMatch(Color(), text);
        Assert.DoesNotMatch(@"\rstep ", text);
        Assert.Contains("\nstep 60/60 ", text.ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    private static string TrainAtTerminal(string terminal, string? noColor)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script") && OperatingSystem.IsLinux(), "a terminal needs the command script of Linux");
        using var folder = new TemporaryFolder();
        string command = string.Join(' ', TinyRun.Train(folder, folder.At("run")).Select(word => $"'{word}'"));
        var variables = new Dictionary<string, string>(StringComparer.Ordinal) { ["TERM"] = terminal };
        if (noColor is not null)
        {
            variables["NO_COLOR"] = noColor;
        }

        string record = folder.At("record");
        using var running = new RunningProcess("/usr/bin/script", ["-qec", $"dotnet exec '{Repository.Tool}' {command}", record], folder.FullPath, variables);
        running.Wait().Exits(0);
        return File.ReadAllText(record);
    }

    [GeneratedRegex(@"\x1b\[[0-9;]*m", RegexOptions.None, 10_000)]
    private static partial Regex Color();
}
