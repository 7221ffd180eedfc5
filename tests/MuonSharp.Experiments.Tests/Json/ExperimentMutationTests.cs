using System.Text;
using MuonSharp.Formats.Tests;
using MuonSharp.Training;
using MuonSharp.Training.Tests.Json;

namespace MuonSharp.Experiments.Tests.Json;

/// <summary>The kinds of JSON that experiments read, damaged thousands of times: a clear line, or a valid result.</summary>
public sealed class ExperimentMutationTests
{
    [Theory]
    [MemberData(nameof(ProductMutation.Counts), MemberType = typeof(ProductMutation))]
    public void Comparisons(int mutations)
    {
        const string Row = """{"label": "NAME", "name": "NAME", "step_ms": 12.5, "optimizer_ms": 1.5, "step_ratio": 1, "tokens_per_second": 1e5, "rounds_ms": [12.5, 12.25]}""";
        const string Text = """
            {"format": "muonsharp-compare/1", "steps": 40, "data": {"source": "a.txt", "sha256": "ab"}, "optimizers": [FIRST, SECOND],
             "environment": {"system": "linux"}, "base": {"model": {"layers": 2, "width": 64}, "train": {"steps": 40}}}
            """;
        string text = Text.Replace("FIRST", Row.Replace("NAME", "muon", StringComparison.Ordinal), StringComparison.Ordinal)
            .Replace("SECOND", Row.Replace("NAME", "adamw", StringComparison.Ordinal), StringComparison.Ordinal);
        ProductMutation.Each(mutations, text, "compare.json", bytes => SavedComparison.Parse(bytes, "compare.json"));
    }

    [Theory]
    [MemberData(nameof(ProductMutation.Counts), MemberType = typeof(ProductMutation))]
    public void Configurations_of_traces(int mutations)
    {
        const string Groups = """
            {"optimizer": "muon", "preset": "normuon", "parameters": ["a", "b"], "learning_rate": [0.02, 0.01], "nesterov": true, "scale": "original", "beta2": 0.9, "orientation": "in-out", "coefficients": [[3, -4, 2], [2, -1.5, 0.5]]},
            {"optimizer": "shampoo", "parameters": ["c"], "block_size": 128, "grafting": "adam", "precondition_frequency": 10}, {"optimizer": "adamw", "parameters": ["d"], "beta1": 0.9, "epsilon": 1e-10}
            """;
        ProductMutation.Each(mutations, Replay.TraceFile.Config(Groups), "trace.safetensors", bytes => TraceConfig.Parse(Encoding.UTF8.GetString(bytes), "trace.safetensors").Routes());
    }

    [Theory]
    [MemberData(nameof(ProductMutation.Counts), MemberType = typeof(ProductMutation))]
    public void Metrics(int mutations)
    {
        using TemporaryFolder folder = new();
        RunFolder run = new(folder.Path);
        const string Lines = """
            {"kind":"step","step":1,"tokens":768,"loss":4.5,"lr":{"matrices":0.02,"auxiliary":0.003},"grad_norm":1.5,"max_logit":null,"head_max_logits":[[1.5,null],[2,3]]}
            {"kind":"eval","step":2,"val_loss":3.5,"bits_per_byte":5.1}
            {"kind":"end","step":2,"reason":"done"}

            """;

        // Damage in a line is what a reader tells, not what it throws.
        int damaged = 0;
        byte[] text = Encoding.UTF8.GetBytes(Lines);
        for (ulong seed = 0; seed < (ulong)mutations; seed++)
        {
            File.WriteAllBytes(run.MetricsPath, JsonMutation.Of(text, new Dice(seed)));
            RunCurves curves = RunCurves.Read(run, "compare");
            damaged += curves.DamagedLine is null ? 0 : 1;
            Assert.All(curves.Evaluations, point => Assert.False(double.IsNaN(point.Loss)));
            Assert.InRange(MetricsTrim.KeptBytes(run.MetricsPath, recorded: null, step: 1), 0, new FileInfo(run.MetricsPath).Length);
        }

        Assert.InRange(damaged, mutations / 4, mutations - (mutations / 10));
    }
}
