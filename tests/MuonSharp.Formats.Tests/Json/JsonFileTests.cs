using System.Text;
using System.Text.Json;

namespace MuonSharp.Formats.Tests;

/// <summary>What is refused before a value is read, and in which words.</summary>
public sealed class JsonFileTests
{
    private static readonly JsonOptions s_options = new() { Operation = "config" };

    [Theory]
    [InlineData("\ufeff{\"a\": 1}")]
    [InlineData("// first\n{\"a\": /* here */ 1,}\n// last")]
    [InlineData("  {\"a\": 1}\r\n")]
    public void A_byte_order_mark_comments_and_trailing_commas_are_read_over(string text) => Assert.Equal(1, Parse(text)["a"].Integer());

    [Theory]
    [InlineData("\ufeff{\"a\": 1}", "it must be JSON; '0xEF' is an invalid start of a value (line 1, byte 1)")]
    [InlineData("{\"a\": 1, }", "it must be JSON; The JSON object contains a trailing comma at the end which is not supported in this mode (line 1, byte 10)")]
    [InlineData("{\"a\": 1 /* c */}", "it must be JSON; '/' is invalid after a value (line 1, byte 9)")]
    public void A_strict_reader_refuses_them(string text, string problem) =>
        Refused(problem, () => JsonFile.Parse(Encoding.UTF8.GetBytes(text), "a.json", s_options with { Strict = true }));

    [Theory]
    [InlineData("", "it must be JSON; it is empty")]
    [InlineData(" \n", "it must be JSON; it is empty")]
    [InlineData("{\"a\": [1,\n2]", "it must be JSON; it ends before every { and [ is closed: it may be cut off (line 2, byte 3)")]
    [InlineData("{\"a\":\n 1} x", "it must be JSON; 'x' is invalid after a single JSON value (line 2, byte 5)")]
    [InlineData("{\"a\": \"b\u0007\"}", "it must be JSON; '0x07' is invalid within a JSON string (line 1, byte 9)")]
    [InlineData("{\"a\": 1, \"b\": 2, \"a\": 3}", "each key may come once; a comes twice (line 1, byte 18)")]
    [InlineData("{\"x\": [0, {\"a\": {\"b\": 1,\n\"b\": 2}}]}", "each key may come once; x[1].a.b comes twice (line 2, byte 1)")]
    [InlineData("{\"a\": 1, \"\\u0061\": 3}", "each key may come once; a comes twice (line 1, byte 10)")]
    [InlineData("{\"x\": [0, \"\\ud800\"]}", "x[1] must be Unicode text; half of a surrogate pair came (line 1, byte 11)")]
    [InlineData("{\"x\": {\"\\udc00\\ud800\": 1}}", "keys of x must be Unicode text; half of a surrogate pair came (line 1, byte 8)")]
    [InlineData("\"\\ud83d\"", "it must be Unicode text; half of a surrogate pair came (line 1, byte 1)")]
    [InlineData("{\"\\ud83d\": 1}", "keys must be Unicode text; half of a surrogate pair came (line 1, byte 2)")]
    public void What_breaks_a_rule_is_refused_with_its_place(string text, string problem)
    {
        Refused(problem, () => Parse(text));
        List<string> problems = [];
        Assert.Null(JsonFile.Parse(Encoding.UTF8.GetBytes(text), "a.json", s_options, problems));
        Assert.Equal($"[config] a.json: {problem}", Assert.Single(problems));
    }

    [Fact]
    public void A_value_knows_its_line()
    {
        JsonEntry root = Parse("\ufeff\n// one\n{ \"a\": 1,\n\n \"b\": [\n  2,\n  {\"c\": \"x\"}] }");
        Assert.Equal((3, 3, 5, 6, 7), (root.Line, root["a"].Line, root["b"].Line, root["b"].Items()[0].Line, root["b"].Items()[1]["c"].Line));
        Assert.Equal(3, root["none"].Line);
    }

    [Theory]
    [InlineData("{\n \"a\": \"caf\u00e9\"}", "it must be UTF-8 text; the byte 0xE9 came (line 2, byte 11)")]
    [InlineData("{\"\u00e9t\u00e9\": 1}", "it must be UTF-8 text; the byte 0xE9 came (line 1, byte 3)")]
    public void Latin_1_is_refused_with_its_place(string text, string problem) =>
        Refused(problem, () => JsonFile.Parse(Encoding.Latin1.GetBytes(text), "a.json", s_options));

    [Fact]
    public void Utf_16_is_called_by_its_name() =>
        Refused("it must be UTF-8 text; UTF-16 came", () => JsonFile.Parse([.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes("{}")], "a.json", s_options));

    [Fact]
    public void Nesting_is_bounded()
    {
        Assert.Equal(JsonValueKind.Array, Parse(new string('[', 64) + new string(']', 64)).Kind);
        Refused(
            "it must be JSON; The maximum configured depth of 64 has been exceeded (line 1, byte 65)",
            () => Parse(new string('[', 100_000) + new string(']', 100_000)));
    }

    [Fact]
    public void The_same_key_in_two_objects_is_no_key_that_comes_twice() => Assert.Equal(2, Parse("{\"a\": {\"a\": 1, \"b\": 2}, \"b\": {\"a\": 1}}").Members().Count);

    [Fact]
    public void A_file_is_read_and_a_large_one_refused_before_it_is_held()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "{\"a\": [1, 2]}");
            Assert.Equal(2, JsonFile.Read(path, s_options)["a"].Items()[1].Integer());
            InvalidFileException refused = Assert.Throws<InvalidFileException>(() => JsonFile.Read(path, s_options with { MostBytes = 12 }));
            Assert.Equal($"[config] {path}: it must have at most 12 bytes; it has 13", refused.Message);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_file_that_is_not_there_and_a_folder_are_problems_too()
    {
        List<string> problems = [];
        Assert.Null(JsonFile.Read("no/such.json", s_options, problems));
        Assert.Null(JsonFile.Read(Path.GetTempPath(), s_options, problems));
        Assert.Equal(["[config] no/such.json: there is no such file", $"[config] {Path.GetTempPath()}: a file is needed; this is a directory"], problems);
    }

    private static JsonEntry Parse(string text) => JsonFile.Parse(Encoding.UTF8.GetBytes(text), "a.json", s_options);

    private static void Refused(string problem, Func<object> read) =>
        Assert.Equal($"[config] a.json: {problem}", Assert.Throws<InvalidFileException>(read).Message);
}
