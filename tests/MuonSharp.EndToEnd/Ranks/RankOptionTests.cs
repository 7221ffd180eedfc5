using System.Buffers.Binary;
using System.Runtime.InteropServices;
using MuonSharp.EndToEnd.Processes;
using MuonSharp.EndToEnd.Runs;

namespace MuonSharp.EndToEnd.Ranks;

/// <summary>What else the tool does over several processes.</summary>
public class RankOptionTests
{
    /// <summary>Another order of additions: another rounding, and nothing else.</summary>
    [Theory(Explicit = true)]
    [InlineData("openmpi", 3)]
    [InlineData("mpich", 4)]
    public void The_fast_reduction_is_near_the_tree(string family, int ranks)
    {
        using var folder = new TemporaryFolder();
        string[] settings = ["--set", "train.batch=8", "--shards", "8", "--set", "train.threads=1", "--steps", "10", "--optimizer", "sgd"];
        Tool.Run(TinyRun.Train(folder, folder.At("alone"), settings)).Exits(0);
        RankLauncher.Run(family, ranks, TinyRun.Train(folder, folder.At("fast"), [.. settings, "--reduce", "fast"])).Exits(0);
        float[] tree = Weights(folder.At("alone")), fast = Weights(folder.At("fast"));
        Assert.NotEqual(tree, fast);
        double difference = Math.Sqrt(tree.Zip(fast, (a, b) => Math.Pow((double)a - b, 2)).Sum()), length = Math.Sqrt(tree.Sum(a => (double)a * a));
        Assert.True(difference < 1e-5 * length, $"{difference} of {length}");
    }

    /// <summary>The first rank waits for the others' words where it has none of its own.</summary>
    [Theory(Explicit = true)]
    [InlineData("openmpi", "OMPI_COMM_WORLD_RANK")]
    [InlineData("mpich", "PMI_RANK")]
    public void What_one_rank_alone_cannot_do_is_said_by_it(string family, string rank)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.At("text0"), TinyRun.Text);
        File.WriteAllText(folder.At("text2"), TinyRun.Text);
        ProcessResult result = RankLauncher.RunShell(
            family, 3, $"train --data {folder.At("text")}${rank} --run {folder.At("run")} --shards 4 --steps 5 --threads 1 --set model.layers=1 --set model.heads=2 --set model.width=32 --set model.context=16 --set train.batch=4");
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains(folder.At("text1"), result.Error, StringComparison.Ordinal);
        Assert.Contains("that was rank 1", result.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.At("run")));
    }

    private static float[] Weights(string run)
    {
        byte[] file = File.ReadAllBytes(Path.Combine(run, "checkpoints", "step-00000010", "model.safetensors"));
        return MemoryMarshal.Cast<byte, float>(file.AsSpan(8 + (int)BinaryPrimitives.ReadInt64LittleEndian(file))).ToArray();
    }
}
