using MuonSharp.Cli.Output;

namespace MuonSharp.Cli.Tests.Output;

public class TerminalTests
{
    private static readonly string[] s_fields = ["step   180/3,000", "loss 2.3985", "best held-out 2.4012", "left 2m 05s", "39.5k tokens/s", "lr matrices 0.007", "auxiliary 0.003"];

    /// <summary>Every kind of terminal, and every change between the usual widths and a very narrow one.</summary>
    public static MatrixTheoryData<bool, bool, int, int> Windows => new([true, false], [true, false], [60, 80, 100, 120], [23, 60, 80, 100, 120]);

    [Theory]
    [InlineData(60, "step   180/3,000  loss 2.3985  best held-out 2.4012")]
    [InlineData(80, "step   180/3,000  loss 2.3985  best held-out 2.4012  left 2m 05s  39.5k tokens/s")]
    [InlineData(100, "step   180/3,000  loss 2.3985  best held-out 2.4012  left 2m 05s  39.5k tokens/s  lr matrices 0.007")]
    [InlineData(120, "step   180/3,000  loss 2.3985  best held-out 2.4012  left 2m 05s  39.5k tokens/s  lr matrices 0.007  auxiliary 0.003")]
    [InlineData(10, "step   180")]
    public void Fields_without_room_are_left_out_whole_and_from_the_end(int width, string line) => Assert.Equal(line, Wrapping.Fit(s_fields, width));

    [Theory]
    [MemberData(nameof(Windows))]
    public void After_a_change_of_the_window_nothing_of_the_old_line_is_left(bool reflows, bool color, int before, int after)
    {
        using Screen screen = new(before, reflows);
        using Terminal terminal = new(new(Live: true, color), screen, () => screen.Columns);
        terminal.Line("first");
        terminal.Live(s_fields);
        screen.Resize(after);
        terminal.Live([s_fields[0].Replace("180", "181", StringComparison.Ordinal), .. s_fields[1..]]);
        Assert.Equal(["first", Wrapping.Fit([s_fields[0].Replace("180", "181", StringComparison.Ordinal), .. s_fields[1..]], after - 1)], screen.Rows());
        screen.Resize(before);
        terminal.Line("last");
        Assert.Equal(["first", "last", ""], screen.Rows());
    }

    [Theory]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(100)]
    [InlineData(120)]
    public void A_sample_has_the_models_own_line_breaks_with_colours_and_without(int width)
    {
        string sample = "Mr. Collins. Mr. Allen of that be disime\na me was an was as be you, that of her bood " + new string('x', 30) + " and so on, and on, for a line that is long\n\nend";
        string[] rows = [.. Show(width, color: true, sample)];
        Assert.Equal(rows, Show(width, color: false, sample));
        Assert.All(rows, row => Assert.InRange(row.Length, 0, width - 1));
        Assert.Equal("  Mr. Collins. Mr. Allen of that be disime", rows[0]);
        // What is indented further goes on in the line above; so the sample can be told from the screen.
        Assert.Equal(sample, string.Concat(rows.SkipLast(1).Select((row, index) => index == 0 ? row[2..] : row.StartsWith("      ", StringComparison.Ordinal) ? $" {row[6..]}" : $"\n{(row.Length > 2 ? row[2..] : "")}")));
    }

    [Fact]
    public void A_command_stays_one_line_however_narrow_the_window()
    {
        const string Command = "  muonsharp generate --run runs/austen-20261128-121931 --checkpoint best --tokens 500";
        using StringWriter output = new();
        using Terminal terminal = new(new(Live: true, Color: false), output, static () => 40);
        terminal.Whole(Command);
        Assert.Equal(Command + Environment.NewLine, output.ToString());
    }

    [Fact]
    public void In_a_pipe_nothing_is_wrapped_and_nothing_is_drawn_over()
    {
        using StringWriter pipe = new();
        using Terminal terminal = new(new(Live: false, Color: false), pipe, static () => 160);
        terminal.Live(s_fields);
        terminal.Line(new string('x', 500));
        Assert.Equal(new string('x', 500) + Environment.NewLine, pipe.ToString());
    }

    [Fact]
    public void What_a_terminal_would_obey_is_shown_and_not_sent()
    {
        using Screen screen = new(80, reflows: true);
        using Terminal terminal = new(new(Live: true, Color: true), screen, () => 80);
        terminal.Line("[red]not red[/] \e[2J", Style.Strong);
        Assert.Equal(["[red]not red[/] \\u001b[2J", ""], screen.Rows());
    }

    private static IReadOnlyList<string> Show(int width, bool color, string sample)
    {
        using Screen screen = new(width, reflows: true);
        using Terminal terminal = new(new(Live: true, color), screen, () => width);
        terminal.Block(sample, Style.Sample);
        return screen.Rows();
    }
}
