using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MuonSharp.EndToEnd.Processes;

namespace MuonSharp.EndToEnd.Runs;

public partial class SweepTests
{
    /// <summary>A process that is killed without warning leaves runs in the middle: the same command takes them up, at their checkpoints, and ends with the numbers of one that was never killed.</summary>
    [Fact]
    public void A_sweep_that_was_killed_goes_on_and_ends_with_the_numbers_of_one_that_was_not()
    {
        using var folder = new TemporaryFolder();
        string killed = folder.At("killed"), whole = folder.At("whole");
        using (RunningProcess running = Tool.Start([.. Sweep(folder, killed), "--parallel", "2", "--json"]))
        {
            Assert.True(running.WaitForText("\"run-finished\""), running.Error);
            running.Kill();
            running.Wait();
        }

        ProcessResult rest = Tool.Run([.. Sweep(folder, killed), "--parallel", "2", "--json"]).Exits(0);
        Assert.True((bool)rest.OfKind("run-finished").First()["was_there"]!);
        ProcessResult serial = Tool.Run([.. Sweep(folder, whole), "--parallel", "1", "--json"]).Exits(0);
        Assert.Equal(["start", .. Enumerable.Repeat("run-started run-finished".Split(' '), 6).SelectMany(kinds => kinds), "sweep"], serial.Json.Select(line => (string)line["kind"]!));
        Assert.Equal(File.ReadAllText(Path.Combine(whole, "results.json")), File.ReadAllText(Path.Combine(killed, "results.json")));
        string[] runs = [.. Directory.GetDirectories(whole).Select(path => Path.GetFileName(path))];
        Assert.Equal(6, runs.Length);
        Assert.All(runs, name => RunFiles.AssertSameBits(Path.Combine(whole, name), Path.Combine(killed, name), name));

        JsonNode json = JsonNode.Parse(File.ReadAllText(Path.Combine(whole, "results.json")))!;
        Assert.Equal("muonsharp-sweep/1", (string?)json["format"]);
        Assert.True((bool)json["complete"]!);
        JsonNode run = json["points"]![0]!["runs"]![0]!;
        Assert.Equal(
            (double)run["final_loss"]!,
            (double)Tool.Run("evaluate", "--run", Path.Combine(whole, (string)run["folder"]!), "--json").Exits(0).Json[0]["loss"]!);
    }

    [Fact]
    public void A_person_sees_a_line_for_each_run_a_table_and_where_the_page_is()
    {
        using var folder = new TemporaryFolder();
        string run = folder.At("sweep");
        ProcessResult first = Tool.Run(Sweep(folder, run)).Exits(0);
        Assert.Equal(6, first.Lines.Count(line => line.StartsWith("run ", StringComparison.Ordinal) && line.Contains("  loss ", StringComparison.Ordinal)));
        Assert.Contains("The best is optimizer.learningRate ", first.Output, StringComparison.Ordinal);
        Assert.Contains("file://", first.Output, StringComparison.Ordinal);
        string page = File.ReadAllText(Path.Combine(run, "report.html"));
        Assert.StartsWith("<!DOCTYPE html>", page, StringComparison.Ordinal);
        Assert.Contains("Final loss by optimizer.learningRate", page, StringComparison.Ordinal);

        // A value more: five of the runs are not done again; and a setting that is another one is refused.
        Assert.Equal(6, Tool.Run([.. Sweep(folder, run, "0.01,0.02,0.04,1e30")]).Exits(0).Lines.Count(line => line.EndsWith("(was there)", StringComparison.Ordinal)));
        Tool.Run([.. Sweep(folder, run), "--steps", "7"]).Fails(1, "train.steps must be the folder's own");
    }

    [Fact]
    public void A_sweep_that_was_stopped_has_checkpoints_and_goes_on()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals are sent the Unix way");
        using var folder = new TemporaryFolder();
        string[] command = [.. Sweep(folder, folder.At("sweep")), "--steps", "3000", "--set", "checkpoint.every=-1", "--parallel", "2", "--json"];
        using (RunningProcess running = Tool.Start(command))
        {
            Assert.True(running.WaitUntil(() => HasStep(folder.At("sweep"))), running.Error);
            Signal.Send(running, Signal.Terminate);
            ProcessResult stopped = running.Wait().Exits(130);
            Assert.False((bool)stopped.Json[^1]["complete"]!);
        }

        // Of two runs beside each other, one may have had no step.
        using RunningProcess again = Tool.Start(command);
        Assert.True(again.WaitUntil(() => GoesOn().IsMatch(again.Output)), again.Error);
        Signal.Send(again, Signal.Terminate);
        again.Wait().Exits(130);
    }

    private static bool HasStep(string sweep) => Directory.Exists(sweep) && Directory.GetFiles(sweep, "metrics.jsonl", SearchOption.AllDirectories).Any(file =>
    {
        using StreamReader reader = new(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd().Contains("\"kind\":\"step\"", StringComparison.Ordinal);
    });

    [GeneratedRegex("\"kind\":\"run-started\".*\"step\":[1-9]", RegexOptions.None, 10_000)]
    private static partial Regex GoesOn();

    /// <summary>The weights are named by a path that is relative to where the command was given.</summary>
    [Fact]
    public void Rates_of_a_fine_tuning_are_swept_and_a_second_call_does_nothing_again()
    {
        using var folder = new TemporaryFolder();
        Tool.Run(TinyRun.Train(folder, folder.At("base"), "--steps", "5")).Exits(0);
        string[] command = ["sweep", "--from", "base", "--data", "text.txt", "--steps", "5", "--over", "optimizer.learningRate=0.001,0.01", "--out", "tuned"];
        Assert.Equal(2, Tool.Run(command, folder.At(".")).Exits(0).Lines.Count(line => line.StartsWith("run ", StringComparison.Ordinal) && line.Contains("  loss ", StringComparison.Ordinal)));
        Assert.Equal(2, Tool.Run(command, folder.At(".")).Exits(0).Lines.Count(line => line.EndsWith("(was there)", StringComparison.Ordinal)));
    }

    [Fact]
    public void When_every_run_diverges_the_exit_code_says_so()
    {
        using var folder = new TemporaryFolder();
        ProcessResult result = Tool.Run(Sweep(folder, folder.At("sweep"), "1e30")).Fails(3, "diverged");
        Assert.Contains("At every point a run diverged.", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("optimizer.learningRat=1", "did you mean 'optimizer.learningRate'?")]
    [InlineData("model.width=wide", "'wide' came")]
    [InlineData("model.width", "key=value,value")]
    [InlineData("train.threads=1,2", "train.threads came")]
    public void What_cannot_be_tried_is_a_usage_error(string over, string problem) => Tool.Run("sweep", "--over", over).Fails(1, problem);

    private static string[] Sweep(TemporaryFolder folder, string run, string rates = "0.01,0.02,0.04") =>
    [
        "sweep", "--over", $"optimizer.learningRate={rates}", "--seeds", "2", "--out", run,
        .. TinyRun.Train(folder, run, "--set", "model.width=16", "--set", "model.layers=1").Skip(1).Where((word, i) => i is not (2 or 3)),
    ];
}
