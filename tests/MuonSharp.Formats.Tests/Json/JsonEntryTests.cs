using System.Text;
using System.Text.Json;

namespace MuonSharp.Formats.Tests;

/// <summary>How values are read, and in which words they are refused.</summary>
public sealed class JsonEntryTests
{
    [Theory]
    [InlineData("20", 20)]
    [InlineData("20.0", 20)]
    [InlineData("2e1", 20)]
    [InlineData("2E+1", 20)]
    [InlineData("0.2e2", 20)]
    [InlineData("2000.00e-2", 20)]
    [InlineData("-0", 0)]
    [InlineData("0e999999999999999999999", 0)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("-9223372036854775808", long.MinValue)]
    [InlineData("922337203685477580.7e1", long.MaxValue)]
    [InlineData("9007199254740993", 9007199254740993)] // No double is this number.
    public void Whole_numbers_are_exact_however_they_are_written(string text, long value)
    {
        Assert.Equal(value, Parse($"{{\"n\": {text}}}")["n"].WholeNumber());
        Assert.True(WholeNumbers.TryParse(text, out Int128 parsed));
        Assert.Equal(value, parsed);
    }

    [Theory]
    [InlineData("20.5")]
    [InlineData("2e-1")]
    [InlineData("9223372036854775808")]
    [InlineData("-9223372036854775809")]
    [InlineData("1e19")]
    [InlineData("1e999999999999999999999")]
    [InlineData("1e-999999999999999999999")]
    [InlineData("\"20\"")]
    [InlineData("true")]
    public void What_is_no_whole_number_of_64_bits_is_refused(string text) =>
        Refused($"n must be a whole number; {text} came", entry => entry["n"].WholeNumber(), $"{{\"n\": {text}}}");

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("1.")]
    [InlineData(".5")]
    [InlineData("1e")]
    [InlineData("1e+")]
    [InlineData("1 ")]
    [InlineData("+1")]
    [InlineData("0x10")]
    [InlineData("100000000000000000000")]
    public void What_is_no_number_of_20_digits_is_none(string text) => Assert.False(WholeNumbers.TryParse(text, out _));

    [Fact]
    public void Whole_numbers_agree_with_decimals_wherever_those_are_exact()
    {
        Dice dice = new(7);
        for (int i = 0; i < 20_000; i++)
        {
            string text = $"{(dice.Below(2) == 0 ? "-" : "")}{dice.Below(1000)}.{dice.Below(10)}{new string('0', dice.Below(3))}e{dice.Below(8) - 3}";
            decimal exact = decimal.Parse(text, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture);
            bool whole = WholeNumbers.TryParse(text, out Int128 value);
            Assert.True(whole == (exact == decimal.Truncate(exact)) && (!whole || (decimal)value == exact), text);
        }
    }

    [Fact]
    public void Every_kind_is_read_with_its_bounds()
    {
        JsonEntry entry = Parse("""{"text": "a", "empty": "", "yes": true, "no": false, "big": 18446744073709551615, "number": 0.25, "null": null, "list": [1, 2], "word": "two"}""");
        Assert.Equal(("a", "", true, false), (entry["text"].Text(), entry["empty"].Text(), entry["yes"].Boolean(), entry["no"].Boolean()));
        Assert.Equal((ulong.MaxValue, 0.25, 0.25), (entry["big"].Unsigned(), entry["number"].Number(0, 1), entry["number"].Positive(1)));
        Assert.Equal([1, 2], entry["list"].Items(2, 2).Select(item => item.Integer(1, 2)));
        Assert.Equal("two", entry["word"].Choice("one", "two"));
        Assert.Null(entry.Find("null"));
        Assert.Null(entry.Find("missing"));
        Assert.Equal("a", entry.Find("text")?.Text());
        Assert.Equal((false, JsonValueKind.Undefined, ""), (entry["missing"].IsSet, entry["missing"].Kind, entry["missing"].RawText));
        Assert.Equal(["text", "empty"], entry.Members().Take(2).Select(member => member.Name));
        Assert.Same(entry, entry.RefuseUnknown("text", "empty", "yes", "no", "big", "number", "null", "list", "word"));
    }

    public static TheoryData<string, string, Func<JsonEntry, object>> Refusals => new()
    {
        { "\"x\"", "a must be an object; \"x\" came", entry => entry.Object() },
        { "[1, 2]", "a must be an object; a list of 2 came", entry => entry["b"].Text() },
        { "{}", "a.b must be text; it is missing", entry => entry["b"].Text() },
        { "{\"b\": null}", "a.b must be text; null came", entry => entry["b"].Text() },
        { "\"\"", "a must be text that is not empty; \"\" came", entry => entry.TextNotEmpty() },
        { "{}", "a must be text; an object came", entry => entry.Text() },
        { "\"z\"", "a must be one of x, y; \"z\" came", entry => entry.Choice("x", "y") },
        { "\"z\"", "a must be x; \"z\" came", entry => entry.Choice("x") },
        { "0", "a must be true or false; 0 came", entry => entry.Boolean() },
        { "0", "a must be a whole number above 0; 0 came", entry => entry.WholeNumber(1) },
        { "1", "a must be a whole number of 2 or more; 1 came", entry => entry.Integer(2) },
        { "11", "a must be a whole number of at most 10; 11 came", entry => entry.WholeNumber(most: 10) },
        { "11", "a must be a whole number from 1 to 10; 11 came", entry => entry.Integer(1, 10) },
        { "-1", "a must be a whole number from 0 to 18446744073709551615; -1 came", entry => entry.Unsigned() },
        { "1e999", "a must be a number; 1e999 came", entry => entry.Number() },
        { "-0.5", "a must be a number from 0 to 0.5; -0.5 came", entry => entry.Number(0, 0.5) },
        { "0", "a must be a number above 0; 0 came", entry => entry.Positive() },
        { "9", "a must be a number above 0 and at most 8; 9 came", entry => entry.Positive(8) },
        { "[]", "a must be a list that is not empty; a list of 0 came", entry => entry.Items(1) },
        { "[1]", "a must be a list of 2; a list of 1 came", entry => entry.Items(2, 2) },
        { "[1, 2, 3]", "a must be a list of 1 to 2; a list of 3 came", entry => entry.Items(1, 2) },
        { "[0, {\"b\": [false]}]", "a[1].b[0] must be a number; false came", entry => entry.Items()[1]["b"].Items()[0].Number() },
        { "{\"c\": 1}", "the keys of a are b; 'c' came", entry => entry.RefuseUnknown("b") },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void A_broken_rule_says_place_rule_and_what_came(string text, string problem, Func<JsonEntry, object> read) =>
        Refused(problem, entry => read(entry["a"]), $"{{\"a\": {text}}}");

    [Fact]
    public void Root_and_note_are_part_of_every_message()
    {
        JsonOptions options = new() { Operation = "replay", Root = "config", Note = " (so what)" };
        Assert.Equal(
            "[replay] t: config.a must be text; 1 came (so what)",
            Assert.Throws<InvalidFileException>(() => JsonFile.Parse("{\"a\": 1}"u8, "t", options)["a"].Text()).Message);
        Assert.Equal("[replay] t: config.a comes twice", Assert.Throws<InvalidFileException>(() => JsonFile.Parse("{\"a\": 1, \"a\": 2}"u8, "t", options)).Message.Replace("each key may come once; ", "", StringComparison.Ordinal).Split(" (")[0]);
    }

    [Fact]
    public void What_a_terminal_would_obey_is_shown_and_not_sent()
    {
        JsonEntry entry = Parse("""{"a\u001b]0;owned\u0007": {"b\nc": "\u009b31m"}, "long": "012345678901234567890123456789012345678901234567890123456789"}""");
        JsonEntry inner = entry.Members()[0].Members()[0];
        Assert.Equal("""[test] some.json: a\u001b]0;owned\u0007.b\u000ac must be a number; "\u009b31m" came""", inner.Problem("a number"));
        Assert.Equal("\u009b31m", inner.Text());
        Assert.Equal(
            """[test] some.json: long must be a number; "01234567890123456789012345678901234567890123456789012345678... came""",
            entry["long"].Problem("a number"));
    }

    [Fact]
    public void A_long_place_shows_its_end()
    {
        string name = new('n', 50);
        string key = $"{{\"{name}\": ";
        JsonEntry entry = Parse($"{key}{key}{key}{key}1}}}}}}}}");
        string place = entry[name][name][name][name].Place;
        Assert.Equal(160, place.Length);
        Assert.True(place.StartsWith("...n", StringComparison.Ordinal) && place.EndsWith($".{name}", StringComparison.Ordinal), place);
    }

    [Fact]
    public void A_value_becomes_a_tree() => Assert.Equal("""{"a":[1,null,"b"]}""", Parse("""{"a": [1, null, "b",]} // c""").ToNode()!.ToJsonString());

    private static JsonEntry Parse(string text) => JsonFile.Parse(Encoding.UTF8.GetBytes(text), "some.json", new() { Operation = "test" });

    private static void Refused(string problem, Func<JsonEntry, object> read, string text) =>
        Assert.Equal($"[test] some.json: {problem}", Assert.Throws<InvalidFileException>(() => read(Parse(text))).Message);
}
