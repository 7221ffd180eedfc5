namespace MuonSharp.Formats.Tests;

/// <summary>Whole lines, broken ones, and what follows the last line break.</summary>
public sealed class JsonLineReaderTests : IDisposable
{
    private static readonly JsonOptions s_options = new() { Operation = "metrics", MostBytes = 40_000 };

    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void A_broken_line_is_named_and_the_lines_after_it_are_read()
    {
        File.WriteAllText(_path, "{\"step\": 1}\n{\"step\": \n\n{\"step\": \"x\"}\r\n");
        using JsonLineReader reader = new(_path, s_options);
        Assert.Equal(1, reader.Next()!.Value!["step"].Integer());
        JsonLine broken = reader.Next()!;
        Assert.Equal((2, 22, null), (broken.Number, broken.End, broken.Value));
        Assert.StartsWith($"[metrics] {_path}: line 2: it must be JSON; ", broken.Problem, StringComparison.Ordinal);
        Assert.Equal($"[metrics] {_path}: line 3: it must be JSON; it is empty", reader.Next()!.Problem);
        Assert.Equal($"[metrics] {_path}: line 4: step must be a whole number; \"x\" came", reader.Next()!.Value!["step"].Problem("a whole number"));
        Assert.Null(reader.Next());
        Assert.Equal((4, new FileInfo(_path).Length, false), (reader.Lines, reader.Position, reader.EndsTorn));
    }

    [Fact]
    public void A_torn_last_line_is_read_once_it_is_whole()
    {
        File.WriteAllText(_path, "{\"step\": 1}\n{\"st");
        using JsonLineReader reader = new(_path, s_options);
        Assert.NotNull(reader.Next());
        Assert.Null(reader.Next());
        Assert.Equal((12L, true), (reader.Position, reader.EndsTorn));
        File.AppendAllText(_path, "ep\": 2}");
        Assert.Null(reader.Next());
        File.AppendAllText(_path, "\n{");
        Assert.Equal(2, reader.Next()!.Value!["step"].Integer());
        Assert.Null(reader.Next());
        Assert.True(reader.EndsTorn);
    }

    [Fact]
    public void Lines_of_any_length_are_read_and_those_beyond_the_limit_named()
    {
        string Line(int length) => $"{{\"x\": \"{new string('y', length - 9)}\"}}";
        File.WriteAllText(_path, string.Join('\n', Line(100), Line(16_383), Line(16_384), Line(16_385), Line(40_000), Line(40_001), Line(300_000), Line(100)) + '\n');
        using JsonLineReader reader = new(_path, s_options);
        List<int> lengths = [];
        while (reader.Next() is { } line)
        {
            lengths.Add(line.Value?.RawText.Length ?? -1);
            Assert.True((line.Value is null) == (line.Problem == $"[metrics] {_path}: line {line.Number}: it must have at most 40000 bytes; more came"), line.Problem);
        }

        Assert.Equal([100, 16_383, 16_384, 16_385, 40_000, -1, -1, 100], lengths);
        Assert.Equal(new FileInfo(_path).Length, reader.Position);
    }

    [Fact]
    public void A_file_that_was_cut_is_noticed_also_when_it_has_grown_beyond_what_was_read()
    {
        string before = Steps(1, 9) + "{\"step\": 10, \"ti";
        File.WriteAllText(_path, before);
        using JsonLineReader reader = new(_path, s_options);
        while (reader.Next() is not null)
        {
        }

        Assert.False(reader.IsCut);
        File.AppendAllText(_path, "me\": 10}\n");
        Assert.False(reader.IsCut);
        Assert.Equal(10, reader.Next()!.Value!["step"].Integer());
        Assert.Null(reader.Next());
        Assert.False(reader.IsCut);

        // Cut in place, as a trainer that resumes does, and grown to the same length and beyond.
        string[] later = [Steps(1, 4), Steps(1, 4) + Steps(5, 30, time: 7), Steps(1, 9) + "{\"step\": 10, \"time\": 77}\n", Steps(1, 9) + "{\"step\": 10, \"time\": 11}\n"];
        string unchanged = Steps(1, 10) + Steps(11, 12);
        Assert.All(later, text => Assert.True(Written(text), text));
        Assert.False(Written(unchanged));

        bool Written(string text)
        {
            using FileStream file = new(_path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            file.SetLength(0);
            file.Write(System.Text.Encoding.UTF8.GetBytes(text));
            file.Flush();
            return reader.IsCut;
        }
    }

    [Fact]
    public void What_was_read_of_a_torn_line_that_is_another_one_now_is_noticed()
    {
        File.WriteAllText(_path, Steps(1, 3) + "{\"step\": 4, \"ti");
        using JsonLineReader reader = new(_path, s_options);
        while (reader.Next() is not null)
        {
        }

        using (FileStream file = new(_path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.SetLength(Steps(1, 3).Length);
        }

        File.AppendAllText(_path, "{\"kind\": \"end\", \"step\": 3}\n");
        Assert.True(reader.IsCut);
    }

    private static string Steps(int first, int last, int time = 0) =>
        string.Concat(Enumerable.Range(first, last - first + 1).Select(step => $"{{\"step\": {step}, \"time\": {(time == 0 ? step : time)}}}\n"));

    [Fact]
    public void A_file_that_is_not_there_is_refused() =>
        Assert.Equal("[metrics] no/such.jsonl: there is no such file", Assert.Throws<InvalidFileException>(() => new JsonLineReader("no/such.jsonl", s_options)).Message);
}
