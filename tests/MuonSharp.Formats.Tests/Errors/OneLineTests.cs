namespace MuonSharp.Formats.Tests.Errors;

public sealed class OneLineTests
{
    [Fact]
    public void Ordinary_text_stays_as_it_is() => Assert.Equal("'h.0.attn.weight ünï 数'", OneLine.Quote("h.0.attn.weight ünï 数"));

    [Fact]
    public void What_breaks_or_reorders_a_line_is_escaped() =>
        Assert.Equal("'a\\u000ab\\u2028c\\u202ed\\u0085'", OneLine.Quote("a\nb\u2028c\u202ed\u0085"));

    [Fact]
    public void Long_names_and_messages_are_cut()
    {
        Assert.Equal("'" + new string('x', 100) + "...'", OneLine.Quote(new string('x', 101)));
        Assert.Equal(new string('x', 1000) + "...", OneLine.Message(new string('x', 5000)));
    }

    [Fact]
    public void Half_of_a_surrogate_pair_is_escaped_and_a_pair_is_never_cut()
    {
        Assert.Equal("a\\ud83db\\ude00", OneLine.Short("a\ud83db\ude00"));
        Assert.Equal("\ud83d\ude00", OneLine.Short("\ud83d\ude00"));
        Assert.Equal("ab...", OneLine.Cut("ab\ud83d\ude00", 3));
    }

    [Fact]
    public void Text_for_a_terminal_keeps_its_lines_and_tabs_alone()
    {
        Assert.Equal("a\n\tb", OneLine.Printable("a\n\tb"));
        Assert.Equal("a\\u000d\n\\u001b[31m\\u2067", OneLine.Printable("a\r\n\u001b[31m\u2067"));
    }

    [Fact]
    public void Every_type_has_one_name_and_the_size_that_the_format_gives_it()
    {
        foreach (TensorType type in Enum.GetValues<TensorType>())
        {
            Assert.True(TensorTypes.TryParse(type.FileName(), out TensorType parsed));
            Assert.Equal(type, parsed);
            int bits = type == TensorType.Bool ? 8 : int.Parse(string.Concat(type.ToString().SkipWhile(char.IsLetter).TakeWhile(char.IsDigit)));
            Assert.Equal(bits / 8, type.SizeInBytes());
        }
    }
}
