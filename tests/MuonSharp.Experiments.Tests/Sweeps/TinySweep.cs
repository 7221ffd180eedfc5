using MuonSharp.Experiments.Tests.Comparisons;

namespace MuonSharp.Experiments.Tests.Sweeps;

/// <summary>Sweeps so small that a run takes a fraction of a second.</summary>
internal static class TinySweep
{
    public static SweepOptions Options(TemporaryFolder folder, params string[] axes) => new()
    {
        Axes = [.. (axes.Length > 0 ? axes : ["optimizer.learningRate=0.01,0.04", "model.layers=1,2"]).Select(SweepAxis.Parse)],
        Seeds = 2,
        Preset = "nanogpt-cpu",
        Settings = TinyComparison.Options(folder).Settings,
    };

    public static async Task<(SweepResult Result, List<SweepEvent> Events)> Run(SweepOptions options, string folder, Func<SweepEvent, bool>? stop = null)
    {
        using CancellationTokenSource source = new();
        List<SweepEvent> events = [];
        using Sweep sweep = Sweep.Open(SweepPlan.Create(options), folder);
        return (await sweep.RunAsync(Tell, source.Token), events);

        void Tell(SweepEvent happened)
        {
            events.Add(happened);
            if (stop?.Invoke(happened) == true)
            {
                source.Cancel();
            }
        }
    }

    /// <summary>The weights that each run ended with, by its folder.</summary>
    public static IEnumerable<(string Run, string Sha256)> Weights(string folder) =>
        Directory.GetDirectories(folder).Order(StringComparer.Ordinal).Select(run => (Path.GetFileName(run), Weights(run, TinyComparison.Steps)));

    /// <summary>Hash of the weights that a run ended with.</summary>
    public static string Weights(string run, int steps) =>
        Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(Path.Combine(run, "checkpoints", $"step-{steps:00000000}", "model.safetensors"))));
}
