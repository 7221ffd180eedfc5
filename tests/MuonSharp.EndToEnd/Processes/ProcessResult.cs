using System.Text.Json.Nodes;

namespace MuonSharp.EndToEnd.Processes;

/// <summary>What a process left behind.</summary>
internal sealed record ProcessResult(int ExitCode, string Output, string Error)
{
    /// <summary>The lines of standard output.</summary>
    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Standard output as JSON Lines; fails on anything else.</summary>
    public JsonObject[] Json => [.. Lines.Select(line => JsonNode.Parse(line)!.AsObject())];

    /// <summary>The JSON lines of one kind.</summary>
    public JsonObject[] OfKind(string kind) => [.. Json.Where(line => (string?)line["kind"] == kind)];

    /// <summary>Checks the exit code and shows everything when it is another.</summary>
    public ProcessResult Exits(int code)
    {
        Assert.True(ExitCode == code, $"exit {ExitCode}, not {code}\n--- output\n{Output}\n--- error\n{Error}");
        return this;
    }

    /// <summary>Checks a failure: the exit code, exactly one line on standard error that holds the words, and no stack trace.</summary>
    public ProcessResult Fails(int code, params string[] words)
    {
        Exits(code);
        string[] lines = Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(lines.Length == 1, $"{lines.Length} lines on standard error:\n{Error}");
        Assert.DoesNotContain("   at ", Error + Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", Error + Output, StringComparison.Ordinal);
        Assert.All(words, word => Assert.Contains(word, Error, StringComparison.OrdinalIgnoreCase));
        return this;
    }
}
