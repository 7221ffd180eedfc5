using System.Text.Json.Nodes;
using MuonSharp.EndToEnd.Processes;

namespace MuonSharp.EndToEnd.Runs;

public class CompareTests
{
    private static readonly string[] s_times = ["step_ms", "step_ratio", "optimizer_ms", "optimizer_share", "tokens_per_second", "seconds_to_target", "rounds_ms"];

    [Fact(Explicit = true)]
    public void Several_optimizers_are_compared_and_the_numbers_are_printed_and_kept()
    {
        using var folder = new TemporaryFolder();
        string run = folder.At("compare");
        ProcessResult result = Tool.Run(Compare(folder, run)).Exits(0);
        Assert.Contains("adamw:weightDecay=0.2", result.Output, StringComparison.Ordinal);
        Assert.Contains("comparison  ", result.Output, StringComparison.Ordinal);
        JsonNode json = JsonNode.Parse(File.ReadAllText(Path.Combine(run, "compare.json")))!;
        Assert.Equal("muonsharp-compare/1", (string?)json["format"]);
        Assert.True((bool)json["complete"]!);
        JsonArray trained = json["runs"]!.AsArray();
        Assert.All(trained, each => Assert.Equal(
            (double)each!["final_loss"]!,
            (double)Tool.Run("evaluate", "--run", Path.Combine(run, (string)each["folder"]!), "--json").Exits(0).Json[0]["loss"]!));
        Assert.All(json["optimizers"]!.AsArray(), row => Assert.Contains(((double)row!["final_loss"]!).ToString("0.0000", null), result.Output, StringComparison.Ordinal));
        string page = File.ReadAllText(Path.Combine(run, "compare.html"));
        Assert.StartsWith("<!DOCTYPE html>", page, StringComparison.Ordinal);
        Assert.Contains("Held-out loss by time", page, StringComparison.Ordinal);

        // Once more: nothing is trained, nothing but JSON is printed, and the numbers are the same.
        ProcessResult again = Tool.Run([.. Compare(folder, run), "--json"]).Exits(0);
        Assert.Equal(["start", .. Enumerable.Repeat("run-finished", trained.Count), "comparison"], again.Json.Select(line => (string)line["kind"]!));
        Assert.All(again.OfKind("run-finished"), line => Assert.True((bool)line["was_there"]!));
        Assert.Equal(json["optimizers"]!.ToJsonString(), again.Json[^1]["optimizers"]!.ToJsonString());
        Assert.Equal(run, (string?)again.Json[^1]["run"]);

        // A finished run without its metrics has not diverged; a file that is none says what deleting it costs.
        string metrics = Path.Combine(run, (string)trained[1]!["folder"]!, "metrics.jsonl");
        File.Delete(metrics);
        Tool.Run(Compare(folder, run)).Fails(2, metrics);
        File.WriteAllText(Path.Combine(run, "compare.json"), "null");
        Tool.Run(Compare(folder, run)).Fails(2, "only the times that were measured are lost");
    }

    [Fact(Explicit = true)]
    public void A_comparison_that_was_stopped_goes_on_with_the_same_command_and_ends_with_the_same_numbers()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals are sent the Unix way");
        using var folder = new TemporaryFolder();
        string run = folder.At("stopped");

        // Behind the first run there are four of some seconds.
        string[] longer = ["--steps", "400"];
        using (RunningProcess running = Tool.Start([.. Compare(folder, run), .. longer, "--json"]))
        {
            Assert.True(running.WaitForText("\"run-finished\""), running.Error);
            Signal.Send(running, Signal.Terminate);
            ProcessResult stopped = running.Wait().Exits(130);
            Assert.False((bool)stopped.Json[^1]["complete"]!);
        }

        Tool.Run([.. Compare(folder, run), .. longer]).Exits(0);
        Tool.Run([.. Compare(folder, folder.At("whole")), .. longer]).Exits(0);
        Assert.Equal(Numbers(folder.At("whole")), Numbers(run));
    }

    /// <summary>A process that is killed without warning leaves runs in the middle, of several at once; the same command takes them up, and ends with the numbers of runs one after the other.</summary>
    [Fact]
    public void A_comparison_of_several_seeds_that_was_killed_goes_on_and_ends_with_the_numbers_of_one_that_was_not()
    {
        using var folder = new TemporaryFolder();
        string killed = folder.At("killed"), whole = folder.At("whole");
        using (RunningProcess running = Tool.Start([.. Compare(folder, killed), "--seeds", "2", "--parallel", "2", "--json"]))
        {
            Assert.True(running.WaitForText("\"run-finished\""), running.Error);
            running.Kill();
            running.Wait();
        }

        ProcessResult rest = Tool.Run([.. Compare(folder, killed), "--seeds", "2", "--parallel", "2", "--json"]).Exits(0);
        Assert.True((bool)rest.OfKind("run-finished").First()["was_there"]!);
        ProcessResult serial = Tool.Run([.. Compare(folder, whole), "--seeds", "2", "--parallel", "1"]).Exits(0);
        Assert.Equal(Numbers(whole), Numbers(killed));
        Assert.Equal(rest.OfKind("run-finished").Length, serial.Lines.Count(line => line.StartsWith("run ", StringComparison.Ordinal) && line.Contains("  loss ", StringComparison.Ordinal)));
        Assert.Contains(" ± ", serial.Output, StringComparison.Ordinal);

        // One seed is a part of it.
        ProcessResult one = Tool.Run([.. Compare(folder, whole), "--json"]).Exits(0);
        Assert.All(one.OfKind("run-finished"), line => Assert.True((bool)line["was_there"]!));
        Assert.Null(one.Json[^1]["optimizers"]![0]!["standard_error"]);
    }

    [Fact(Explicit = true)]
    public void A_folder_of_another_comparison_is_refused()
    {
        using var folder = new TemporaryFolder();
        string run = folder.At("compare");
        Tool.Run(Compare(folder, run)).Exits(0);
        Tool.Run([.. Compare(folder, run), "--seed", "2"]).Fails(1, "train.seed");
        File.AppendAllText(folder.At("text.txt"), "more");
        Tool.Run(Compare(folder, run)).Fails(1, "SHA-256");
    }

    [Theory]
    [InlineData("adamw,moun", "did you mean 'muon'?")]
    [InlineData("", "at least two")]
    [InlineData("adamw", "at least two")]
    [InlineData("adamw,adamw", "named once")]
    [InlineData("adamw,muon:presett=torch", "did you mean 'optimizer.preset'?")]
    [InlineData("muon,adamw:momentum=0.9", "adamw does not use optimizer.momentum")]
    public void A_list_that_cannot_be_compared_is_a_usage_error(string optimizers, string problem) =>
        Tool.Run("compare", "--optimizers", optimizers).Fails(1, problem);

    [Theory]
    [InlineData("--learning-rates", "adamw=0", "above 0")]
    [InlineData("--learning-rates", "adamw=fast", "'fast' came")]
    [InlineData("--learning-rates", "soap=0.1", "'soap' came")]
    [InlineData("--budgets", "120", "120 came")]
    [InlineData("--set", "optimizer.name=soap", "optimizer.name came")]
    public void A_number_that_cannot_be_is_a_usage_error(string option, string value, string problem) =>
        Tool.Run("compare", "--optimizers", "adamw,muon", option, value).Fails(1, problem);

    [Fact]
    public void Without_a_loss_of_the_first_optimizer_the_exit_code_says_that_it_diverged()
    {
        using var folder = new TemporaryFolder();
        string[] diverging = ["--learning-rates", "adamw=1e30", "--learning-rates", "muon=0.02"];
        IEnumerable<string> run = TinyRun.Train(folder, folder.At("compare"), "--set", "model.width=16", "--set", "model.layers=1").Skip(1);
        ProcessResult result = Tool.Run(["compare", "--optimizers", "adamw,muon", .. diverging, .. run]).Fails(3, "'adamw' diverged");
        Assert.Contains("not reached", result.Output, StringComparison.Ordinal);
    }

    private static string[] Compare(TemporaryFolder folder, string run) =>
    [
        "compare", "--optimizers", "adamw,muon,adamw:weightDecay=0.2", "--budgets", "50",
        "--learning-rates", "adamw=1e-3", "--learning-rates", "muon=0.02", "--learning-rates", "adamw:weightDecay=0.2=1e-3",
        .. TinyRun.Train(folder, run, "--set", "model.width=16", "--set", "model.layers=1").Skip(1),
    ];

    private static string Numbers(string run)
    {
        JsonObject json = JsonNode.Parse(File.ReadAllText(Path.Combine(run, "compare.json")))!.AsObject();
        Assert.True(json.Remove("environment"));
        Assert.All(json["optimizers"]!.AsArray(), row => Assert.All(s_times, time => Assert.True(row!.AsObject().Remove(time))));
        return json.ToJsonString();
    }
}
