using MuonSharp.EndToEnd.Processes;

namespace MuonSharp.EndToEnd.Runs;

public class RunFolderTests
{
    [Fact]
    public void A_folder_that_holds_a_run_is_refused_without_resume()
    {
        using var folder = new TemporaryFolder();
        string run = folder.At("run");
        Tool.Run(TinyRun.Train(folder, run, "--steps", "5")).Exits(0);
        string[] before = RunFiles.Metrics(run);
        Tool.Run(TinyRun.Train(folder, run, "--steps", "5")).Fails(1, run, "--resume");
        Assert.Equal(before, RunFiles.Metrics(run));
    }

    [Fact]
    public void Resuming_a_finished_run_says_so_and_changes_nothing()
    {
        using var folder = new TemporaryFolder();
        string run = folder.At("run");
        Tool.Run(TinyRun.Train(folder, run, "--steps", "5")).Exits(0);
        byte[] weights = File.ReadAllBytes(RunFiles.Newest(run, "model.safetensors"));
        string[] before = RunFiles.Metrics(run);
        Assert.Contains("nothing to do", Tool.Run("train", "--run", run, "--resume").Exits(0).Output, StringComparison.Ordinal);
        Assert.Equal(weights, File.ReadAllBytes(RunFiles.Newest(run, "model.safetensors")));
        Assert.Equal(before, RunFiles.Metrics(run));
    }

    [Fact(Explicit = true)]
    public void Resuming_before_the_first_checkpoint_starts_over_and_says_so()
    {
        using var folder = new TemporaryFolder();
        string run = folder.At("run");
        // Evaluations save the best weights: on a busy machine the run would be beyond the first before it is killed.
        string[] late = ["--steps", "100000", "--set", "checkpoint.every=1000000", "--set", "evaluate.every=-1"];
        using (RunningProcess running = Tool.Start(TinyRun.Train(folder, run, [.. late, "--json"])))
        {
            Assert.True(running.WaitForText("\"step\":3,"), running.Error);
            running.Kill();
            running.Wait();
        }

        ProcessResult resumed = Tool.Run("train", "--run", run, "--resume", "--steps", "20", "--json").Exits(0);
        Assert.NotEmpty(resumed.OfKind("notice"));
        Assert.Equal(1, (int?)resumed.OfKind("step")[0]["step"]);
    }

    [Fact(Explicit = true)]
    public void A_second_trainer_on_the_same_folder_is_refused()
    {
        using var folder = new TemporaryFolder();
        string run = folder.At("run");
        using RunningProcess first = Tool.Start(TinyRun.Train(folder, run, "--steps", "100000", "--json"));
        Assert.True(first.WaitForText("\"kind\":\"checkpoint\""), first.Error);
        Tool.Run("train", "--run", run, "--resume").Fails(1, run, "one trainer may own a run folder");
        Assert.False(first.HasExited);
        first.Kill();
        first.Wait();
        int done = int.Parse(Path.GetFileName(RunFiles.Checkpoints(run)[^1])[5..], System.Globalization.CultureInfo.InvariantCulture);
        Tool.Run("train", "--run", run, "--resume", "--steps", $"{done + 5}").Exits(0);
    }

    [Fact(Explicit = true)]
    public void A_full_disk_exits_5_and_the_checkpoints_before_it_stay_sound()
    {
        using var folder = new TemporaryFolder();
        string disk = Directory.CreateDirectory(folder.At("disk")).FullName;
        using var mount = Mount.Small(disk, 2048);
        string run = Path.Combine(disk, "run");
        Tool.Run(TinyRun.Train(folder, run, "--steps", "200", "--set", "checkpoint.keep=1000")).Fails(5, run);
        string newest = RunFiles.Checkpoints(run)[^1];
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(run, "checkpoints"), ".*"));
        Tool.Run("evaluate", "--run", run, "--json").Exits(0);

        mount.Remount("size=64m");
        ProcessResult resumed = Tool.Run("train", "--run", run, "--resume", "--json").Exits(0);
        Assert.Empty(resumed.OfKind("notice"));
        Assert.Equal(int.Parse(Path.GetFileName(newest)[5..], System.Globalization.CultureInfo.InvariantCulture) + 1, (int?)resumed.OfKind("step")[0]["step"]);
        Tool.Run(TinyRun.Train(folder, folder.At("whole"), "--steps", "200", "--set", "checkpoint.keep=1000")).Exits(0);
        RunFiles.AssertSameBits(folder.At("whole"), run);
    }

    [Fact(Explicit = true)]
    public void A_read_only_place_exits_5()
    {
        using var folder = new TemporaryFolder();
        string disk = Directory.CreateDirectory(folder.At("disk")).FullName;
        using var mount = Mount.Small(disk, 4096);
        string run = Path.Combine(disk, "run");
        Tool.Run(TinyRun.Train(folder, run, "--steps", "10")).Exits(0);
        mount.Remount("ro");
        Tool.Run(TinyRun.Train(folder, Path.Combine(disk, "new"))).Fails(5, "new");
        Tool.Run("train", "--run", run, "--resume", "--steps", "20").Fails(5, run);
        Tool.Run("evaluate", "--run", run).Exits(0);
        Tool.Run("generate", "--run", run, "--tokens", "5").Exits(0);
    }

    [Fact(Explicit = true)]
    public void A_run_that_diverges_exits_3_and_leaves_a_checkpoint_that_can_be_used()
    {
        using var folder = new TemporaryFolder();
        string run = folder.At("run");
        string[] rates = ["--set", "optimizer.learningRate=1e30", "--set", "optimizer.auxiliary.learningRate=1e30", "--set", "optimizer.schedule.warmup=8"];
        ProcessResult result = Tool.Run(TinyRun.Train(folder, run, [.. rates, "--json"]));
        result.Fails(3, "finite");
        Assert.Equal(10, result.OfKind("skipped").Length);
        Assert.Equal(Enumerable.Range(1, 10), result.OfKind("skipped").Select(line => (int)line["in_a_row"]!));
        Assert.Equal("diverged", (string?)Assert.Single(result.OfKind("end"))["outcome"]);
        Tool.Run("generate", "--run", run, "--tokens", "5").Exits(0);
        string text = Tool.Run(TinyRun.Train(folder, folder.At("text"), rates)).Output;
        Assert.Contains("skipped: the gradient of model.", text, StringComparison.Ordinal);
        Assert.Contains($"report         file://{folder.At("text")}/report.html", text, StringComparison.Ordinal);
        Assert.Contains("Diverged", File.ReadAllText(Path.Combine(folder.At("text"), "report.html")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_in_place_of_a_run_folder_is_called_one()
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write("file", "");
        Tool.Run("evaluate", "--run", file).Fails(2, file, "this is a file");
        Tool.Run(TinyRun.Train(folder, file, "--resume")).Fails(2, file, "this is a file");
        Tool.Run(TinyRun.Train(folder, file)).Fails(5, file, "this is a file");
    }
}
