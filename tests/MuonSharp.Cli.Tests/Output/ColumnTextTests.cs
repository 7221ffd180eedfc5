using MuonSharp.Cli.Output;

namespace MuonSharp.Cli.Tests.Output;

public class ColumnTextTests
{
    [Fact]
    public void Columns_line_up_and_the_last_one_wraps_under_itself() => Assert.Equal(
        ["a     one", "long  two three four five six", "      seven"],
        ColumnText.Align([["a", "one"], ["long", "two three four five six seven"]], 30, []));

    [Fact]
    public void Numbers_end_at_one_place() => Assert.Equal(
        ["      ms  tokens", "a     12     3.5", "long   3       -"],
        ColumnText.Align([["", "ms", "tokens"], ["a", "12", "3.5"], ["long", "3", "-"]], 80, [], right: true));

    [Fact]
    public void A_word_longer_than_the_line_is_cut_rather_than_lost() =>
        Assert.Equal(new string('x', 60), string.Concat(ColumnText.Align([["", new string('x', 60)]], 30, []).Select(line => line.Trim())));

    [Fact]
    public void Text_that_looks_like_markup_stays_text() =>
        Assert.Equal(["[grey]a[[b]]  [/]c"], ColumnText.Align([["a[b]", "c"]], 80, ["grey"]));

    [Fact]
    public void No_rows_are_no_lines() => Assert.Empty(ColumnText.Align([], 80, []));
}
