using MuonSharp.Optimizers;
using MuonSharp.TorchSharp.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;
using TorchParameter = TorchSharp.Modules.Parameter;

namespace MuonSharp.TorchSharp.Tests.Steps;

public class LeakTests : TorchTest
{
    private const int Steps = 500;

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void The_number_of_tensors_is_flat_over_500_steps(bool kernels, bool inside)
    {
        using DisposeScope outer = NewDisposeScope();
        TorchParameter[] parameters = [Values.Parameter([8, 8], "a"), Values.Parameter([8, 8], "b"), Values.Parameter([5, 3], "c"), Values.Parameter([4], "d")];
        using var muon = new Muon(
            [new Muon.ParamGroup(parameters[..1]), new Muon.ParamGroup(parameters[1..2], preset: MuonPresets.NorMuon), new Muon.ParamGroup(parameters[2..3], preset: MuonPresets.Airbench94)])
        {
            use_kernels = kernels,
            report = true,
            skip_non_finite = true,
        };
        muon.add_param_group(new Muon.AuxiliaryGroup(parameters[3..]));
        foreach (TorchParameter parameter in parameters)
        {
            parameter.grad = Values.Normal(parameter.shape, "g");
        }

        // What other tests left to the collector is not counted here.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        muon.step();
        long before = Tensor.TotalCount, peak = 0;
        for (int step = 0; step < Steps; step++)
        {
            using DisposeScope? scope = inside ? NewDisposeScope() : null;
            muon.step();
            peak = Math.Max(peak, Tensor.TotalCount);
        }

        Assert.Equal(before, Tensor.TotalCount);
        Assert.Equal(before, peak);
        TestContext.Current.TestOutputHelper?.WriteLine($"tensors before {before}, after {Tensor.TotalCount}");
    }
}
