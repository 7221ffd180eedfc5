using MuonSharp.Conformance.Cases;
using MuonSharp.TorchSharp.Tests.Support;
using TorchSharp;

namespace MuonSharp.TorchSharp.Tests.Traces;

/// <summary>Every golden trace of Muon and AdamW, below tests/golden and below the folders of MUONSHARP_GOLDEN, on both paths.</summary>
public class TraceTests : TorchTest
{
    public static TheoryData<string, bool> Cases
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (string folder in GoldenFolders.Cases())
            {
                if (Path.Exists(Path.Combine(GoldenFolders.Root, folder, GoldenCase.FileName)) && GoldenCase.Open(folder) is { Kind: "trace" } golden && TraceRun.Fits(golden))
                {
                    data.Add(folder, true);
                    data.Add(folder, false);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_trace_is_kept(string folder, bool kernels)
    {
        using DisposeScope scope = torch.NewDisposeScope();
        GoldenCase golden = GoldenCase.Open(folder);
        using var run = new TraceRun(golden, kernels);
        double worst = run.Run();
        MuonStepReport last = run.Optimizer.last_report!;
        TestContext.Current.TestOutputHelper?.WriteLine($"worst: {worst:E2}, parameters on kernels {last.OnKernels}, in torch operations {last.InTorchOperations}");
        Tensors.Within(folder, worst, golden.Tolerance());
        Assert.Equal(0, kernels ? last.InTorchOperations : last.OnKernels);
        Assert.True(last.OnKernels + last.InTorchOperations > 0);
    }
}
