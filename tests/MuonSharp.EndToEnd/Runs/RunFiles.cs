using System.Text.Json.Nodes;

namespace MuonSharp.EndToEnd.Runs;

/// <summary>What a run left in its folder, as far as it must be the same from run to run.</summary>
internal static class RunFiles
{
    private static readonly string[] s_times = ["step_ms", "optimizer_ms", "tokens_per_second", "working_set_bytes", "managed_bytes"];

    /// <summary>The folders of complete checkpoints, oldest first.</summary>
    public static string[] Checkpoints(string run) =>
        [.. Directory.GetDirectories(Path.Combine(run, "checkpoints"), "step-*").Order(StringComparer.Ordinal)];

    /// <summary>Whether a run that goes on has a complete checkpoint.</summary>
    public static bool HasCheckpoint(string run) => Directory.Exists(Path.Combine(run, "checkpoints")) && Checkpoints(run).Length > 0;

    /// <summary>A file of the newest checkpoint.</summary>
    public static string Newest(string run, string file) => Path.Combine(Checkpoints(run)[^1], file);

    /// <summary>The lines of the metrics without times and memory.</summary>
    public static string[] Metrics(string run) => [.. File.ReadLines(Path.Combine(run, "metrics.jsonl")).Select(WithoutTimes)];

    /// <summary>Weights, optimizer state, samples and metrics (but for times) are the same to the bit.</summary>
    public static void AssertSameBits(string expected, string actual, string? situation = null)
    {
        Assert.Equal(Path.GetFileName(Checkpoints(expected)[^1]), Path.GetFileName(Checkpoints(actual)[^1]));
        foreach (string? file in new[] { "model.safetensors", "optimizer.safetensors" })
        {
            bool same = File.ReadAllBytes(Newest(expected, file)).AsSpan().SequenceEqual(File.ReadAllBytes(Newest(actual, file)));
            Assert.True(same, $"{file} differs {situation}");
        }

        Assert.Equal(Metrics(expected), Metrics(actual));
        Assert.Equal(Best(expected), Best(actual));
        Assert.Equal(File.ReadAllText(Path.Combine(expected, "samples.txt")), File.ReadAllText(Path.Combine(actual, "samples.txt")));
    }

    /// <summary>The weights of the checkpoint that the file <c>best</c> names; nothing where there is no such file.</summary>
    private static byte[] Best(string run)
    {
        string checkpoints = Path.Combine(run, "checkpoints"), file = Path.Combine(checkpoints, "best");
        return File.Exists(file) ? File.ReadAllBytes(Path.Combine(checkpoints, File.ReadAllText(file).Trim(), "model.safetensors")) : [];
    }

    private static string WithoutTimes(string line)
    {
        JsonObject value = JsonNode.Parse(line)!.AsObject();
        foreach (string name in s_times)
        {
            value.Remove(name);
        }

        return value.ToJsonString();
    }
}
