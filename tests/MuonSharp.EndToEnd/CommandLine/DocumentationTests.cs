using System.Text.Json.Nodes;
using MuonSharp.EndToEnd.Processes;
using MuonSharp.EndToEnd.Runs;

namespace MuonSharp.EndToEnd.CommandLine;

public class DocumentationTests
{
    [Fact]
    public void Every_configuration_key_is_documented_and_every_documented_key_exists()
    {
        using var folder = new TemporaryFolder();
        JsonObject start = Tool.Run(TinyRun.Train(folder, folder.At("run"), "--steps", "1", "--json")).Exits(0).Json[0];
        IOrderedEnumerable<string> keys = Leaves(start["config"]!.AsObject(), "").Order(StringComparer.Ordinal);
        IEnumerable<string> documented = Page("configuration.md").Where(line => line.StartsWith("| `", StringComparison.Ordinal)).Select(line => line.Split('`')[1]);
        Assert.Equal(keys, documented.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("train")]
    [InlineData("generate")]
    [InlineData("evaluate")]
    [InlineData("classify")]
    [InlineData("report")]
    [InlineData("dashboard")]
    [InlineData("compare")]
    [InlineData("sweep")]
    [InlineData("plan")]
    [InlineData("replay")]
    [InlineData("bench")]
    [InlineData("tokenizer train")]
    [InlineData("tokenizer encode")]
    [InlineData("tokenizer decode")]
    [InlineData("tokenizer shard")]
    [InlineData("doctor")]
    public void Every_option_of_a_command_is_documented(string command)
    {
        IEnumerable<string> section = Page("command-line.md").SkipWhile(line => line != $"## {command.Split(' ')[0]}").Skip(1).TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal));
        string text = string.Join('\n', section);
        IEnumerable<string> options = Tool.Run([.. command.Split(' '), "--help"]).Exits(0).Lines
            .Select(line => line.Trim().Split(' ')[0])
            .Where(word => word.StartsWith("--", StringComparison.Ordinal));
        Assert.All(options, option => Assert.Contains($"`{option}", text, StringComparison.Ordinal));
    }

    [Fact]
    public void Links_between_pages_lead_somewhere()
    {
        foreach (string? page in Directory.GetFiles(Path.Combine(Repository.Root, "docs"), "*.md", SearchOption.AllDirectories).Concat(Directory.GetFiles(Repository.Root, "*.md")))
        {
            IEnumerable<string> targets = File.ReadAllText(page).Split("](").Skip(1).Select(rest => rest.Split(')')[0].Split('#')[0]).Where(target => target.Length > 0 && !target.Contains("://", StringComparison.Ordinal));
            Assert.All(targets, target => Assert.True(Path.Exists(Path.Combine(Path.GetDirectoryName(page)!, target)), $"{Path.GetFileName(page)} links to {target}"));
        }
    }

    private static string[] Page(string name) => File.ReadAllLines(Path.Combine(Repository.Root, "docs", name));

    private static IEnumerable<string> Leaves(JsonObject value, string prefix) => value.SelectMany(pair =>
        pair.Value is JsonObject inner ? Leaves(inner, $"{prefix}{pair.Key}.") : [prefix + pair.Key]);
}
