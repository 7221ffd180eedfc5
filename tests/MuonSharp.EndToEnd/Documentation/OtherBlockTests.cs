using System.Text.Json.Nodes;
using System.Xml.Linq;
using MuonSharp.EndToEnd.Processes;

namespace MuonSharp.EndToEnd.Documentation;

/// <summary>Blocks that are neither C# nor commands.</summary>
public class OtherBlockTests
{
    /// <summary>Blocks that show what comes out, by page: nothing to run.</summary>
    private static readonly Dictionary<string, string> s_shown = new(StringComparer.Ordinal)
    {
        ["README.md"] = "the end of a run",
        ["docs/compare.md"] = "the end of a comparison",
        ["docs/getting-started.md"] = "a line of a run",
        ["docs/run-folder.md"] = "the files of a folder",
        ["docs/sweep.md"] = "the table of a sweep",
    };

    [Fact]
    public void What_is_no_command_is_something_shown() => Assert.Equal(
        s_shown.Keys.Order(StringComparer.Ordinal),
        CodeBlock.All.Where(block => block.Language.Length == 0 && !block.Commands.Any()).Select(block => block.Page).Order(StringComparer.Ordinal));

    [Fact]
    public void Every_language_has_its_test() =>
        Assert.Empty(CodeBlock.All.Select(block => block.Language).Distinct(StringComparer.Ordinal).Except(["", "bash", "csharp", "json", "xml", "python"], StringComparer.Ordinal));

    [Fact]
    public void Settings_are_ones_that_the_tool_takes()
    {
        using var folder = new TemporaryFolder();
        CodeBlock settings = Assert.Single(Of("json"), block => block.Page == "docs/getting-started.md");
        Tool.Run("plan", "--config", folder.Write("my.json", settings.Text)).Exits(0);
    }

    [Fact]
    public void Json_and_xml_are_well_formed()
    {
        Assert.All(Of("json"), block => Assert.NotNull(JsonNode.Parse(block.Text)));
        Assert.All(Of("xml"), block => Assert.NotNull(XElement.Parse(block.Text)));
    }

    /// <summary>What needs packages of others (matplotlib) is not run.</summary>
    [Fact]
    public void Python_compiles()
    {
        using var folder = new TemporaryFolder();
        foreach (CodeBlock block in Of("python"))
        {
            using var running = new RunningProcess("/usr/bin/env", ["python3", "-m", "py_compile", folder.Write("block.py", block.Text)], folder.FullPath, null);
            ProcessResult result = running.Wait();
            Assert.SkipWhen(result.ExitCode == 127, "no Python 3 here");
            result.Exits(0);
        }
    }

    private static CodeBlock[] Of(string language)
    {
        CodeBlock[] blocks = [.. CodeBlock.All.Where(block => block.Language == language)];
        Assert.NotEmpty(blocks);
        return blocks;
    }
}
