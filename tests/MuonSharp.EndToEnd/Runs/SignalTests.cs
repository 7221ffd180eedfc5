using System.Text.Json.Nodes;
using MuonSharp.EndToEnd.Processes;

namespace MuonSharp.EndToEnd.Runs;

public class SignalTests
{
    private static readonly string[] s_only = ["--set", "checkpoint.every=-1", "--set", "evaluate.every=-1"];

    [Theory]
    [InlineData(Signal.Interrupt)]
    [InlineData(Signal.Terminate, Explicit = true)]
    [InlineData(Signal.HangUp, Explicit = true)]
    [InlineData(Signal.Quit, Explicit = true)]
    public void A_signal_finishes_the_step_writes_a_checkpoint_exits_130_and_resuming_ends_with_the_same_bits(int signal)
    {
        Signal.SkipWhereIgnored(signal);
        using var folder = new TemporaryFolder();
        string run = folder.At("stopped");
        int stopped;
        using (RunningProcess running = Tool.Start(TinyRun.Train(folder, run, [.. TinyRun.Endless, .. s_only, "--json"])))
        {
            Assert.True(running.WaitForText("\"step\":20,"), running.Error);
            Signal.Send(running, signal);
            ProcessResult result = running.Wait().Exits(130);
            JsonObject end = result.Json[^1];
            Assert.Equal("cancelled", (string?)end["outcome"]);
            stopped = (int)end["step"]!;
            Assert.True(stopped >= 20, $"{stopped}");
            Assert.Equal($"step-{stopped:D8}", Path.GetFileName(Assert.Single(RunFiles.Checkpoints(run))));
        }

        Tool.Run("train", "--run", run, "--resume", "--steps", $"{stopped + 20}").Exits(0);
        Tool.Run(TinyRun.Train(folder, folder.At("whole"), [.. TinyRun.Ending(stopped + 20), .. s_only])).Exits(0);
        RunFiles.AssertSameBits(folder.At("whole"), run);
    }

    [Fact]
    public void A_second_signal_stops_at_once()
    {
        Signal.SkipWhereIgnored(Signal.Interrupt);
        using var folder = new TemporaryFolder();

        // A step of this size takes seconds, so the second signal arrives in the middle of it.
        string[] large = ["--set", "model.width=256", "--set", "train.batch=64", "--set", "train.accumulation=512", "--set", "checkpoint.every=-1"];
        using RunningProcess running = Tool.Start(TinyRun.Train(folder, folder.At("run"), [.. large, "--set", "evaluate.every=-1", "--set", "sample.every=-1"]));
        Assert.True(running.WaitForText("memory"), running.Error);
        Signal.Send(running, Signal.Interrupt);
        Assert.True(running.WaitForText("Ctrl+C again ends at once and loses nothing but the step in progress"), running.Error);
        Signal.Send(running, Signal.Interrupt);
        ProcessResult result = running.Wait().Exits(130);
        Assert.EndsWith("ended at once; this loses nothing but the step in progress", result.Error.TrimEnd(), StringComparison.Ordinal);
        Assert.DoesNotContain("step 1/", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("stopped after", result.Output, StringComparison.Ordinal);
    }
}
