using System.Text.Json.Nodes;
using MuonSharp.Cli.Output;

namespace MuonSharp.Cli.Bench;

/// <summary>Measurements as JSON Lines; what does not apply is left out.</summary>
internal sealed class BenchJson : IBenchView
{
    /// <inheritdoc/>
    public void Peak(int threads, int vectorBits, double gflops) => JsonLines.Write(new JsonObject
    {
        ["kind"] = "peak",
        ["threads"] = threads,
        ["vector_bits"] = vectorBits,
        ["gflops"] = gflops,
    });

    /// <inheritdoc/>
    public void Family(BenchFamily family)
    {
    }

    /// <inheritdoc/>
    public void Result(BenchResult result)
    {
        (string Key, JsonNode? Value)[] all =
        [
            ("name", result.Name),
            ("threads", result.Threads),
            ("milliseconds", result.Milliseconds),
            ("gflops", result.Gflops),
            ("share_of_peak", result.ShareOfPeak),
            ("gigabytes_per_second", result.GigabytesPerSecond),
            ("share_of_bandwidth", result.ShareOfBandwidth),
            ("tokens_per_second", result.TokensPerSecond),
            ("optimizer", result.Optimizer),
            ("optimizer_milliseconds", result.OptimizerMilliseconds),
            ("forward_backward_milliseconds", result.ForwardBackwardMilliseconds),
            ("forward_backward_share_of_peak", result.ForwardBackwardShareOfPeak),
            ("needed_bytes", result.NeededBytes),
            ("peak_memory_bytes", result.PeakMemoryBytes),
        ];
        var line = new JsonObject { ["kind"] = "bench" };
        foreach ((string? key, JsonNode? value) in all.Where(field => field.Value is not null))
        {
            line[key] = value;
        }

        JsonLines.Write(line);
    }
}
