using MuonSharp.EndToEnd.Processes;
using MuonSharp.EndToEnd.Runs;

namespace MuonSharp.EndToEnd.Ranks;

/// <summary>Training over several processes of the tool, against one process.</summary>
public class RankRunTests
{
    private static readonly string[] s_shared = ["--set", "train.batch=8", "--shards", "8", "--set", "train.threads=1"];

    [Theory(Explicit = true)]
    [InlineData("openmpi", 2)]
    [InlineData("openmpi", 3)]
    [InlineData("mpich", 4)]
    [InlineData("mpich", 6)]
    [InlineData("openmpi", 8)]
    public void Ranks_give_the_bits_of_one_process(string family, int ranks)
    {
        using var folder = new TemporaryFolder();
        Tool.Run(TinyRun.Train(folder, folder.At("alone"), s_shared)).Exits(0);
        ProcessResult together = RankLauncher.Run(family, ranks, TinyRun.Train(folder, folder.At("together"), s_shared)).Exits(0);
        Assert.Contains($"{ranks} ranks over {(family == "openmpi" ? "Open MPI" : "MPICH")}", together.Output, StringComparison.Ordinal);
        Assert.Single(together.Output.Split("MuonSharp 0.").Skip(1));
        AssertSameBits(folder.At("alone"), folder.At("together"));
    }

    /// <summary>Three ranks under one family, then one process, then two ranks under the other.</summary>
    [Fact(Explicit = true)]
    public void A_run_goes_on_with_other_ranks_under_another_library()
    {
        using var folder = new TemporaryFolder();
        string run = folder.At("run");
        Tool.Run(TinyRun.Train(folder, folder.At("alone"), s_shared)).Exits(0);
        RankLauncher.Run("openmpi", 3, TinyRun.Train(folder, run, [.. s_shared, "--set", "checkpoint.keep=60"])).Exits(0);

        // What came after step 20 is taken away, as if the job had been ended there.
        CutBack(run, 20);
        Tool.Run("train", "--run", run, "--resume").Exits(0);
        CutBack(run, 40);
        RankLauncher.Run("mpich", 2, "train", "--run", run, "--resume").Exits(0);
        AssertSameBits(folder.At("alone"), run);
    }

    /// <summary>Whoever dies, and whenever: the others end, the newest checkpoint is complete, and another number of ranks goes on to the same bits.</summary>
    [Theory(Explicit = true)]
    [InlineData("openmpi", 0)]
    [InlineData("openmpi", 2)]
    [InlineData("mpich", 1)]
    public void A_rank_that_is_killed_costs_no_bit(string family, int victim)
    {
        using var folder = new TemporaryFolder();
        string run = folder.At("run");
        using (RunningProcess job = RankLauncher.Start(family, 3, TinyRun.Train(folder, run, [.. TinyRun.Endless, .. s_shared, "--timeout", "10"])))
        {
            Assert.True(job.WaitUntil(() => RunFiles.HasCheckpoint(run)), job.Error);
            KillRank(job.Id, victim);
            Assert.NotEqual(0, job.Wait().ExitCode);
        }

        int steps = int.Parse(Path.GetFileName(RunFiles.Checkpoints(run)[^1])[5..], System.Globalization.CultureInfo.InvariantCulture) + 20;
        RankLauncher.Run(family, 2, "train", "--run", run, "--resume", "--steps", $"{steps}").Exits(0);
        Tool.Run(TinyRun.Train(folder, folder.At("alone"), [.. TinyRun.Ending(steps), .. s_shared])).Exits(0);
        AssertSameBits(folder.At("alone"), run, steps);
    }

    [Theory(Explicit = true)]
    [InlineData("openmpi")]
    [InlineData("mpich")]
    public void What_is_wrong_is_said_once(string family)
    {
        using var folder = new TemporaryFolder();
        ProcessResult result = RankLauncher.Run(family, 3, TinyRun.Train(folder, folder.At("run"), "--set", "train.batch=6", "--shards", "2"));
        Assert.NotEqual(0, result.ExitCode);
        Assert.Single(result.Error.Split('\n'), line => line.Contains("[ranks] every rank needs a part of each step; 3 ranks, train.shards 2", StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.At("run")));
    }

    private static void AssertSameBits(string alone, string together, int steps = TinyRun.Steps)
    {
        foreach (string file in (string[])["model.safetensors", "optimizer.safetensors"])
        {
            string path = Path.Combine("checkpoints", $"step-{steps:00000000}", file);
            Assert.Equal(File.ReadAllBytes(Path.Combine(alone, path)), File.ReadAllBytes(Path.Combine(together, path)));
        }
    }

    private static void CutBack(string run, int step)
    {
        string checkpoints = Path.Combine(run, "checkpoints");
        foreach (string folder in Directory.GetDirectories(checkpoints, "step-*").Where(folder => string.CompareOrdinal(Path.GetFileName(folder), $"step-{step:00000000}") > 0))
        {
            Directory.Delete(folder, recursive: true);
        }

        File.WriteAllText(Path.Combine(checkpoints, "latest"), $"step-{step:00000000}\n");
    }

    /// <summary>Ranks are grandchildren of the launcher, or further away; each knows its number by its environment.</summary>
    private static void KillRank(int launcher, int rank)
    {
        int victim = Directory.GetDirectories("/proc").Select(Path.GetFileName).Where(name => name!.All(char.IsAsciiDigit)).Select(name => int.Parse(name!, System.Globalization.CultureInfo.InvariantCulture))
            .Single(process => IsBelow(process, launcher) && Environment(process) is var text
                && (text.Contains($"OMPI_COMM_WORLD_RANK={rank}\0", StringComparison.Ordinal) || text.Contains($"PMI_RANK={rank}\0", StringComparison.Ordinal)));
        Signal.End(victim);
    }

    private static bool IsBelow(int process, int ancestor)
    {
        for (; process > 1; process = Parent(process))
        {
            if (process == ancestor)
            {
                return true;
            }
        }

        return false;
    }

    private static int Parent(int process)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{process}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static string Environment(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/environ");
        }
        catch (IOException)
        {
            return string.Empty;
        }
    }
}
