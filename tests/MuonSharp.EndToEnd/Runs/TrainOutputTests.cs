using System.Globalization;
using System.Text.Json.Nodes;
using MuonSharp.EndToEnd.Processes;

namespace MuonSharp.EndToEnd.Runs;

public class TrainOutputTests
{
    private const char Escape = '\u001b';

    [Fact]
    public void A_run_shows_banner_steps_evaluations_samples_and_a_summary_in_plain_lines()
    {
        using var folder = new TemporaryFolder();
        string run = folder.At("run");
        ProcessResult result = Tool.Run(TinyRun.Train(folder, run)).Exits(0);
        Assert.All(
            ["machine", "-bit vectors", "2 threads", "muon     hidden matrices: ", "adamw    all the rest: ", "steps    60 of 128 tokens", "given    ", "step 60/60", "evaluation after step 60",
                "sample after step 60", "done: 60 steps", "held-out loss", run, $"muonsharp generate --run {run}"],
            words => Assert.Contains(words, result.Output, StringComparison.Ordinal));
        Assert.DoesNotContain(Escape, result.Output);
        Assert.DoesNotContain('\r', result.Output);
        Assert.Empty(result.Error);
        Assert.InRange(result.Lines.TakeWhile(line => !line.StartsWith("step ", StringComparison.Ordinal)).Count(), 8, 13);
        Assert.InRange(result.Lines.Count(line => line.StartsWith("step ", StringComparison.Ordinal)), 20, 60);
    }

    [Fact]
    public void Verbose_adds_every_parameter_every_derived_number_and_every_setting()
    {
        using var folder = new TemporaryFolder();
        ProcessResult result = Tool.Run(TinyRun.Train(folder, folder.At("run"), "--steps", "2", "--verbose")).Exits(0);
        Assert.All(
            ["who trains what", "hidden matrix: its update is orthogonalized", "derived", "tokens per step", "settings", "preset austen", "--steps", "train.steps=2"],
            words => Assert.Contains(words, result.Output, StringComparison.Ordinal));
    }

    [Fact]
    public void A_pipe_gets_no_escape_codes_whatever_the_terminal_is_called()
    {
        using var folder = new TemporaryFolder();
        var variables = new Dictionary<string, string>(StringComparer.Ordinal) { ["TERM"] = "xterm-256color", ["COLORTERM"] = "truecolor" };
        ProcessResult result = Tool.Run(TinyRun.Train(folder, folder.At("run"), "--steps", "3"), null, variables).Exits(0);
        Assert.DoesNotContain(Escape, result.Output + result.Error);
        Assert.DoesNotContain('\r', result.Output + result.Error);
    }

    [Fact]
    public void With_json_every_line_is_an_object_and_kinds_come_in_order()
    {
        using var folder = new TemporaryFolder();
        ProcessResult result = Tool.Run(TinyRun.Train(folder, folder.At("run"), "--json")).Exits(0);
        JsonObject[] lines = result.Json;
        Assert.Equal("start", (string?)lines[0]["kind"]);
        Assert.Equal("end", (string?)lines[^1]["kind"]);
        Assert.Equal("finished", (string?)lines[^1]["outcome"]);
        Assert.All(lines, line => Assert.Equal("kind", line.First().Key));
        Assert.Equal(Enumerable.Range(1, TinyRun.Steps), result.OfKind("step").Select(line => (int)line["step"]!));
        Assert.Equal([20, 40, 60], result.OfKind("eval").Select(line => (int)line["step"]!).Where(step => step > 0));
        Assert.NotEmpty(result.OfKind("sample"));
        Assert.Equal(12, result.OfKind("checkpoint").Length);
        Assert.Equal(32, (int?)lines[0]["config"]!["model"]!["width"]);
        Assert.Empty(result.Error);
    }

    [Fact]
    public void Steps_evaluations_and_samples_are_the_same_objects_in_json_and_in_the_metrics()
    {
        using var folder = new TemporaryFolder();
        ProcessResult result = Tool.Run(TinyRun.Train(folder, folder.At("run"), "--json")).Exits(0);
        string[] kinds = ["step", "eval", "sample"];
        string[] Same(IEnumerable<string> lines) =>
            [.. lines.Select(line => JsonNode.Parse(line)!.AsObject()).Where(line => kinds.Contains((string?)line["kind"])).Select(line => line.ToJsonString())];
        string[] metrics = Same(File.ReadLines(folder.At("run", "metrics.jsonl")));
        Assert.True(metrics.Length > TinyRun.Steps);
        Assert.Equal(metrics, Same(result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
    }

    [Fact]
    public void A_run_learns()
    {
        using var folder = new TemporaryFolder();
        var losses = Tool.Run(TinyRun.Train(folder, folder.At("run"), "--json")).Exits(0).OfKind("eval").Select(line => (double)line["val_loss"]!).ToList();
        Assert.True(losses[^1] < losses[0] - 0.2, string.Join(", ", losses.Select(loss => loss.ToString(CultureInfo.InvariantCulture))));
    }

    [Fact(Explicit = true)]
    public void What_is_written_last_on_the_command_line_wins()
    {
        using var folder = new TemporaryFolder();
        string[] Line(string run, params string[] more) => TinyRun.Train(folder, folder.At(run), ["--json", .. more]);
        ProcessResult last = Tool.Run(Line("a", "--set", "train.steps=4", "--steps", "2")).Exits(0);
        Assert.Equal(2, (int?)last.Json[0]["config"]!["train"]!["steps"]);
        ProcessResult first = Tool.Run(Line("b", "--steps", "2", "--set", "train.steps=3")).Exits(0);
        Assert.Equal(3, (int?)first.Json[0]["config"]!["train"]!["steps"]);
    }

    [Fact]
    public void A_configuration_file_goes_over_the_preset_and_under_the_options()
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write("small.json", """{"train": {"steps": 7, "batch": 3}, "optimizer": {"momentum": 0.9}}""");
        JsonNode config = Tool.Run(TinyRun.Train(folder, folder.At("run"), "--config", file, "--steps", "2", "--json")).Exits(0).Json[0]["config"]!;
        Assert.Equal(2, (int?)config["train"]!["steps"]);
        Assert.Equal(4, (int?)config["train"]!["batch"]);
        Assert.Equal(0.9, (double?)config["optimizer"]!["momentum"]);
    }

    [Fact(Explicit = true)]
    public void The_effective_configuration_is_saved_and_trains_the_same_weights_again()
    {
        using var folder = new TemporaryFolder();
        Tool.Run(TinyRun.Train(folder, folder.At("first"))).Exits(0);
        Tool.Run("train", "--config", folder.At("first", "config.json"), "--run", folder.At("second")).Exits(0);
        RunFiles.AssertSameBits(folder.At("first"), folder.At("second"));
    }

    [Fact]
    public void AdamW_alone_trains_as_well()
    {
        using var folder = new TemporaryFolder();
        ProcessResult result = Tool.Run(TinyRun.Train(folder, folder.At("run"), "--optimizer", "adamw", "--json")).Exits(0);
        JsonObject start = result.Json[0];
        (string? optimizer, JsonNode? weights) = Assert.Single(start["parameters_by_optimizer"]!.AsObject());
        Assert.Equal("adamw", optimizer);
        Assert.Equal((long)start["parameters"]!, (long)weights!);
    }

    [Fact]
    public void A_run_without_a_name_gets_one_below_runs()
    {
        using var folder = new TemporaryFolder();
        ProcessResult result = Tool.Run(TinyRun.Train(folder, "unused", "--steps", "2", "--json").Where(word => word is not ("--run" or "unused")), folder.FullPath).Exits(0);
        string run = (string)result.Json[0]["run"]!;
        Assert.StartsWith($"runs{Path.DirectorySeparatorChar}austen-", Path.GetRelativePath(folder.FullPath, Path.GetFullPath(run, folder.FullPath)), StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(folder.FullPath, run, "config.json")));
    }
}
