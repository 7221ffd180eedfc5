using MuonSharp.Conformance.Cases;
using MuonSharp.Experiments;
using MuonSharp.Training;

namespace MuonSharp.Conformance.Kinds;

/// <summary>A recorded run: the weights follow the reference's.</summary>
internal static class TraceKind
{
    public static void Run(GoldenCase golden)
    {
        using Trace trace = Trace.Open(golden.PathOf(golden.Text("file")));
        ReplayResult result = TraceReplay.Run(trace, threads: 2);
        ReplayDeviation worst = result.Worst;
        TestContext.Current.TestOutputHelper?.WriteLine($"worst: {worst.Parameter} ({worst.Optimizer}) {worst.Deviation:E2} after step {worst.Step}");
        Assert.All(result.Parameters, row => Tensors.Within($"{row.Parameter} after step {row.Step}", row.Deviation, golden.Tolerance()));
    }
}
