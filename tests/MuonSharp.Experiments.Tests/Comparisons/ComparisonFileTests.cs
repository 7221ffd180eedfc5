using System.Text.Json.Nodes;
using MuonSharp.Formats;
using MuonSharp.Training;

namespace MuonSharp.Experiments.Tests.Comparisons;

public class ComparisonFileTests
{
    private const string Huge = "1e300";

    [Theory]
    [InlineData("", "must be JSON")]
    [InlineData("{", "must be JSON")]
    [InlineData("null", "it must be an object; null came")]
    [InlineData("[]", "it must be an object; a list of 0 came")]
    [InlineData("{}", "format must be muonsharp-compare/1; it is missing")]
    [InlineData("""{"format": "muonsharp-compare/1"}""", "optimizers must be a list that is not empty; it is missing")]
    [InlineData("""{"format": "muonsharp-compare/2"}""", "format must be muonsharp-compare/1; \"muonsharp-compare/2\" came")]
    [InlineData("""{"format": "muonsharp-compare/1", "optimizers": 7}""", "optimizers must be a list that is not empty; 7 came")]
    [InlineData("""{"format": "muonsharp-compare/1", "optimizers": []}""", "optimizers must be a list that is not empty; a list of 0 came")]
    [InlineData("""{"format": "muonsharp-compare/1", "optimizers": [null]}""", "optimizers[0] must be an object; null came")]
    [InlineData("""{"format": "muonsharp-compare/1", "optimizers": [{}]}""", "steps must be a whole number above 0; it is missing")]
    public void A_damaged_file_is_bad_input_that_names_the_key(string content, string problem)
    {
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder.File("compare"));
        File.WriteAllText(Path.Combine(folder.File("compare"), "compare.json"), content);
        Refused(TinyComparison.Options(folder), folder.File("compare"), problem);
    }

    [Fact]
    public async Task Every_key_that_is_used_is_checked()
    {
        using TemporaryFolder folder = new();
        ComparisonOptions options = TinyComparison.Options(folder);
        await TinyComparison.Run(options, folder.File("compare"));
        string path = Path.Combine(folder.File("compare"), "compare.json");
        string text = File.ReadAllText(path);
        (string Key, string? Value, string Problem)[] cases =
        [
            ("optimizers.1.step_ms", Huge, "optimizers[1].step_ms must be a number above 0 and at most 864000000; 1e300 came"),
            ("optimizers.1.step_ms", "-1", "optimizers[1].step_ms must be"),
            ("optimizers.1.step_ms", "\"fast\"", "optimizers[1].step_ms must be"),
            ("optimizers.0.optimizer_ms", Huge, "optimizers[0].optimizer_ms must be"),
            ("optimizers.0.optimizer_ms", null, "optimizers[0].optimizer_ms must be"),
            ("optimizers.0.step_ratio", "0", "optimizers[0].step_ratio must be"),
            ("optimizers.0.tokens_per_second", "1e999", "optimizers[0].tokens_per_second must be"),
            ("optimizers.0.rounds_ms", null, "optimizers[0].rounds_ms must be a list that is not empty; null came"),
            ("optimizers.0.rounds_ms", "[null]", "optimizers[0].rounds_ms[0] must be a number above 0"),
            ("optimizers.1.label", "\"adamw\"", "'adamw' came more often"),
            ("optimizers.1.label", "1", "optimizers[1].label must be text"),
            ("environment", "7", "environment must be an object; 7 came"),
            ("data", "7", "data must be an object"),
            ("data.sha256", "7", "data.sha256 must be text"),
            ("steps", "20.5", "steps must be a whole number above 0; 20.5 came"),
            ("base", "7", "base must be an object"),
            ("base.train.seed", "-7", "train.seed must"),
        ];
        foreach ((string key, string? value, string problem) in cases)
        {
            JsonNode json = JsonNode.Parse(text)!;
            string[] parts = key.Split('.');
            JsonNode place = parts.SkipLast(1).Aggregate(json, (node, part) => int.TryParse(part, out int index) ? node[index]! : node[part]!);
            place[parts[^1]] = "value";
            File.WriteAllText(path, json.ToJsonString().Replace($"\"{parts[^1]}\":\"value\"", $"\"{parts[^1]}\":{value ?? "null"}", StringComparison.Ordinal));
            Refused(options, folder.File("compare"), problem);
        }
    }

    [Fact]
    public async Task A_folder_of_an_earlier_version_is_taken_up_without_training()
    {
        using TemporaryFolder folder = new();
        ComparisonOptions options = TinyComparison.Options(folder);
        (ComparisonResult before, _) = await TinyComparison.Run(options, folder.File("compare"));
        string path = Path.Combine(folder.File("compare"), "compare.json");
        JsonObject json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        Assert.True(json.Remove("base"));
        json["configuration"] = before.Plan.Base.ToJson();
        File.WriteAllText(path, json.ToJsonString());
        (ComparisonResult after, List<ComparisonEvent> events) = await TinyComparison.Run(options, folder.File("compare"));
        Assert.All(events, happened => Assert.True(happened is ComparisonRunFinished { WasThere: true }));
        Assert.Equal(before.Rows.Select(row => row.Timing!.StepMilliseconds), after.Rows.Select(row => row.Timing!.StepMilliseconds));
    }

    [Fact]
    public void The_folders_name_stays_that_of_earlier_versions()
    {
        using TemporaryFolder folder = new();
        Assert.Equal("54ff2db3", ComparisonPlan.Create(TinyComparison.Options(folder)).Identity);
    }

    private static void Refused(ComparisonOptions options, string folder, string problem)
    {
        InvalidFileException error = Assert.Throws<InvalidFileException>(() => Comparison.Open(ComparisonPlan.Create(options), folder).Dispose());
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.Contains("deleting the file keeps all runs", error.Message, StringComparison.Ordinal);
    }
}
