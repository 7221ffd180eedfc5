namespace MuonSharp.Training.Tests.Generation;

public class TextPiecesTests
{
    [Theory]
    [InlineData("one END two", new[] { "END" }, "one ", true)]
    [InlineData("one EN two", new[] { "END" }, "one EN two", false)]
    [InlineData("one EN", new[] { "END" }, "one EN", false)]
    [InlineData("aab", new[] { "aab" }, "", true)]
    [InlineData("aaab", new[] { "aab" }, "a", true)]
    [InlineData("xbcd", new[] { "cd", "bcde" }, "xb", true)]
    [InlineData("\u00e9\n\nb", new[] { "\n\n" }, "\u00e9", true)]
    [InlineData("abc", new string[0], "abc", false)]
    public void Text_ends_before_the_first_stop_text_and_keeps_what_only_begins_like_one(string text, string[] stop, string expected, bool stopped)
    {
        ByteTokenizer tokenizer = new();
        TextPieces pieces = new(tokenizer, stop);
        string given = "";
        foreach (int token in tokenizer.Encode(text))
        {
            given += pieces.Add(token);
            Assert.StartsWith(given, expected, StringComparison.Ordinal);
        }

        Assert.Equal(expected, given + pieces.Rest());
        Assert.Equal(stopped, pieces.Stopped);
    }

    [Fact]
    public void Only_what_may_become_a_stop_text_is_held_back()
    {
        ByteTokenizer tokenizer = new();
        TextPieces pieces = new(tokenizer, ["END"]);
        Assert.Equal(["a", "", "", "ENb", "", "Ec"], tokenizer.Encode("aENbEc").Select(pieces.Add));
        Assert.Equal(["", ""], tokenizer.Encode("EE").Select(pieces.Add).Select((piece, i) => i == 0 ? piece : piece[..^1]));
    }
}
