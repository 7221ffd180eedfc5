using MuonSharp.Optimizers;
using MuonSharp.TorchSharp.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;
using TorchParameter = TorchSharp.Modules.Parameter;

namespace MuonSharp.TorchSharp.Tests.Steps;

/// <summary>A tensor that a layout splits steps as its parts would, stored alone, on both paths.</summary>
public class LayoutTests : TorchTest
{
    private const int Inputs = 10;

    private static readonly MatrixLayout s_fused =
        MatrixLayout.OutIn.Split(new MatrixPart("query", 8, 2), new MatrixPart("key", 4), new MatrixPart("value", 4)).PerHead();

    private static readonly (int Start, int End)[] s_parts = [(0, 4), (4, 8), (8, 12), (12, 16)];

    public static TheoryData<string, bool, bool> Cases
    {
        get
        {
            var data = new TheoryData<string, bool, bool>();
            foreach (string preset in (string[])["default", "normuon", "moonlight", "airbench94"])
            {
                foreach (bool kernels in (bool[])[true, false])
                {
                    data.Add(preset, kernels, false);
                    data.Add(preset, kernels, true);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Fused_projections_and_heads_step_apart(string preset, bool kernels, bool transposed)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor start = Values.Normal([16, Inputs], "fused");
        MatrixLayout layout = transposed ? MatrixLayout.InOut.Split([.. s_fused.Parts]).PerHead() : s_fused;
        TorchParameter fused = new(Stored(start, transposed));
        TorchParameter[] parts = [.. s_parts.Select(part => new TorchParameter(start.slice(0, part.Start, part.End, 1).clone()))];
        using var whole = new Muon([("attn.qkv.weight", fused)], lr: 0.1, preset: MuonPresets.ByName[preset], layouts: new MatrixLayouts().For("*.qkv", layout)) { use_kernels = kernels };
        using var alone = new Muon(parts, lr: 0.1, preset: MuonPresets.ByName[preset]) { use_kernels = kernels };
        for (ulong step = 1; step <= 5; step++)
        {
            Tensor gradient = Values.Normal([16, Inputs], "gradient", step);
            fused.grad = Stored(gradient, transposed);
            foreach ((TorchParameter parameter, (int first, int end)) in parts.Zip(s_parts))
            {
                parameter.grad = gradient.slice(0, first, end, 1).clone();
            }

            whole.step();
            alone.step();
        }

        Tensor result = transposed ? fused.t() : fused;
        Assert.True(Values.Relative(result, start) > 0.01);
        Assert.True(Values.Relative(result, cat(parts, 0)) < 1e-5);
    }

    [Fact]
    public void A_group_may_bring_its_layout_and_a_module_its_own()
    {
        using DisposeScope scope = NewDisposeScope();
        TorchParameter a = Values.Parameter([16, Inputs], "a"), c = Values.Parameter([16, Inputs], "a");
        using nn.Module b = nn.Linear(Inputs, 16, hasBias: false);
        TorchParameter weight = b.parameters().Single();
        using (no_grad())
        {
            weight.copy_(a);
        }

        using var muon = new Muon([new Muon.ParamGroup([a], layout: s_fused), new Muon.ParamGroup([weight]), new Muon.ParamGroup([c])], lr: 0.1, layouts: new MatrixLayouts().For(b, s_fused));
        a.grad = weight.grad = c.grad = Values.Normal([16, Inputs], "g");
        muon.step();
        Assert.Equal(a.Floats(), weight.Floats());
        Assert.NotEqual(a.Floats(), c.Floats());
    }

    private static Tensor Stored(Tensor matrix, bool transposed) => transposed ? matrix.t().contiguous() : matrix.clone();
}
