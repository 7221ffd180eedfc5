using System.Text.Json;
using MuonSharp.EndToEnd.Processes;
using MuonSharp.EndToEnd.Runs;

namespace MuonSharp.EndToEnd.Ranks;

/// <summary>A launcher that is asked to stop: the ranks write a checkpoint together, and the run goes on to the same bits.</summary>
public class RankStopTests
{
    [Theory(Explicit = true)]
    [InlineData("openmpi", Signal.Interrupt)]
    [InlineData("openmpi", Signal.User)]
    [InlineData("mpich", Signal.Interrupt)]
    [InlineData("mpich", Signal.User)]
    public void Stopped_by_its_launcher_a_run_goes_on_to_the_same_bits(string family, int signal)
    {
        Signal.SkipWhereIgnored(signal);
        using var folder = new TemporaryFolder();
        string[] settings = ["--set", "train.batch=8", "--shards", "4", "--set", "train.threads=1", "--set", "checkpoint.every=100", "--set", "evaluate.every=500"];
        string run = folder.At("run");
        using (RunningProcess job = RankLauncher.StartPatient(family, 3, TinyRun.Train(folder, run, [.. TinyRun.Endless, .. settings])))
        {
            Assert.True(job.WaitUntil(() => RunFiles.HasCheckpoint(run)), job.Error);
            Signal.Send(job, signal);
            _ = job.Wait();
        }

        (string reason, int step) = End(run);
        Assert.Equal("cancelled", reason);
        Assert.True(step >= 100, $"{step}");
        Assert.Equal($"step-{step:00000000}", File.ReadAllText(Path.Combine(run, "checkpoints", "latest")).Trim());
        int steps = step + 20;
        RankLauncher.Run(family, 2, "train", "--run", run, "--resume", "--steps", $"{steps}").Exits(0);
        Tool.Run(TinyRun.Train(folder, folder.At("alone"), [.. TinyRun.Ending(steps), .. settings])).Exits(0);
        foreach (string file in (string[])["model.safetensors", "optimizer.safetensors"])
        {
            string path = Path.Combine("checkpoints", $"step-{steps:00000000}", file);
            Assert.Equal(File.ReadAllBytes(Path.Combine(folder.At("alone"), path)), File.ReadAllBytes(Path.Combine(run, path)));
        }
    }

    /// <summary>How the run says that it ended, in the last line of its metrics.</summary>
    private static (string Reason, int Step) End(string run)
    {
        using var line = JsonDocument.Parse(File.ReadLines(Path.Combine(run, "metrics.jsonl")).Last());
        Assert.Equal("end", line.RootElement.GetProperty("kind").GetString());
        return (line.RootElement.GetProperty("reason").GetString()!, line.RootElement.GetProperty("step").GetInt32());
    }
}
