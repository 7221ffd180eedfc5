using System.Globalization;
using MuonSharp.EndToEnd.Processes;

namespace MuonSharp.EndToEnd.Runs;

public class SameBitsTests
{
    /// <summary>s_wide enough that products are packed, cut into several tasks, and, with sums over 832 tokens, carried over blocks of k (768 at most).</summary>
    private static readonly string[] s_wide =
    [
        "--steps", "20", "--set", "model.width=192", "--set", "model.heads=6", "--set", "model.context=64", "--set", "train.batch=13",
        "--set", "evaluate.every=10", "--set", "sample.every=-1", "--set", "checkpoint.every=20", "--json",
    ];

    [Theory]
    [InlineData("DOTNET_EnableAVX512", "0", 256, Explicit = true)]
    [InlineData("MUONSHARP_VECTOR_BITS", "256", 256, Explicit = true)]
    [InlineData("MUONSHARP_VECTOR_BITS", "128", 128, Explicit = true)]
    public void Narrower_vectors_train_the_same_weights(string variable, string value, int bits)
    {
        using var folder = new TemporaryFolder();
        ProcessResult usual = Tool.Run(TinyRun.Train(folder, folder.At("usual"), s_wide)).Exits(0);
        ProcessResult capped = Tool.Run(TinyRun.Train(folder, folder.At("capped"), s_wide), null, new Dictionary<string, string>(StringComparer.Ordinal) { [variable] = value }).Exits(0);
        int widest = (int)usual.Json[0]["vector_bits"]!;
        Assert.Equal(Math.Min(widest, bits), (int)capped.Json[0]["vector_bits"]!);
        Assert.SkipWhen(widest < bits, $"this machine has {widest.ToString(CultureInfo.InvariantCulture)}-bit vectors");
        RunFiles.AssertSameBits(folder.At("usual"), folder.At("capped"));
    }

    [Theory(Explicit = true)]
    [InlineData("1")]
    [InlineData("3")]
    public void Any_number_of_threads_trains_the_same_weights(string threads)
    {
        using var folder = new TemporaryFolder();
        Tool.Run(TinyRun.Train(folder, folder.At("two"), s_wide)).Exits(0);
        ProcessResult other = Tool.Run(TinyRun.Train(folder, folder.At("other"), [.. s_wide, "--threads", threads])).Exits(0);
        Assert.Equal(threads, other.Json[0]["threads"]!.ToString());
        RunFiles.AssertSameBits(folder.At("two"), folder.At("other"));
    }
}
