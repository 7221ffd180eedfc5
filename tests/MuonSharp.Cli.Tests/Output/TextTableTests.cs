using MuonSharp.Cli.Output;

namespace MuonSharp.Cli.Tests.Output;

public class TextTableTests
{
    [Fact]
    public void Columns_line_up_and_the_last_one_wraps_under_itself() => Assert.Equal(
        ["a     one", "long  two three four five six", "      seven"],
        NamesAndValues([["a", "one"], ["long", "two three four five six seven"]], 29));

    [Fact]
    public void A_last_column_without_room_stands_below_the_others() => Assert.Equal(
        ["name                shape", "    why", "layers 0-11 weight  768 x 768", "    a reason with many words to tell in", "    full"],
        NamesAndValues([["name", "shape", "why"], ["layers 0-11 weight", "768 x 768", "a reason with many words to tell in full"]], 39));

    [Theory]
    [InlineData(40)]
    [InlineData(24)]
    public void Columns_wider_than_the_line_are_stacked_and_no_line_is_too_long(int width)
    {
        string[][] rows = [["parameter", "shape", "weights", "why"], ["model.layers.0-11.weight", "768 x 768", "7,077,888", "a hidden matrix, so it is stepped by Muon"], ["b", "", "", ""]];
        var lines = NamesAndValues(rows, width).ToList();
        Assert.All(lines, line => Assert.InRange(line.TrimEnd().Length, 1, width));
        Assert.Contains("model.layers.0-11.weight"[..(width < 24 ? width : 24)], lines.Select(line => line.TrimEnd()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void A_terminal_of_any_width_gets_all_of_the_text(int width)
    {
        string[][] rows = [["model.layers.0-11.weight", "768 x 768", "a hidden matrix"], ["b", "", ""]];
        Assert.Equal(
            "model.layers.0-11.weight768x768ahiddenmatrixb",
            string.Concat(NamesAndValues(rows, width).Take(100)).Replace(" ", "", StringComparison.Ordinal));
    }

    [Fact]
    public void A_word_longer_than_the_line_is_cut_rather_than_lost() =>
        Assert.Equal(new string('x', 60), string.Concat(NamesAndValues([["", new string('x', 60)]], 30).Select(line => line.Trim())));

    [Fact]
    public void Text_that_looks_like_markup_stays_text() =>
        Assert.Equal(["[grey]a[[b]][/]  c"], NamesAndValues([["a[b]", "c"]], 80, "grey"));

    [Fact]
    public void No_rows_are_no_lines() => Assert.Empty(NamesAndValues([], 80));

    private static IEnumerable<string> NamesAndValues(string[][] rows, int room, params string[] styles) => TextTable.Of(rows, styles).Lines(room);
}
