using MuonSharp.Optimizers;
using MuonSharp.TorchSharp.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;
using TorchParameter = TorchSharp.Modules.Parameter;

namespace MuonSharp.TorchSharp.Tests.Steps;

public class EdgeTests : TorchTest
{
    public static TheoryData<string, bool> Gradients
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (string kind in (string[])["tall", "wide", "row", "column", "rank-deficient", "zero", "tiny", "huge"])
            {
                data.Add(kind, true);
                data.Add(kind, false);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Gradients))]
    public void A_step_of_any_gradient_is_the_polar_factor_times_the_rate(string kind, bool kernels)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor gradient = kind switch
        {
            "tall" => Values.Normal([40, 6], kind),
            "wide" => Values.Normal([6, 40], kind),
            "row" => Values.Normal([1, 17], kind),
            "column" => Values.Normal([17, 1], kind),
            "rank-deficient" => cat([Values.Normal([2, 12], kind), zeros(10, 12)], 0),
            "zero" => zeros(6, 9),
            "tiny" => Values.Normal([12, 8], kind).mul(1e-30),
            _ => Values.Normal([12, 8], kind).mul(1e15),
        };
        var parameter = new TorchParameter(zeros(gradient.shape));
        parameter.grad = gradient;
        using var muon = new Muon([parameter], lr: 0.5, momentum: 0, preset: MuonPresets.Default with { Scale = UpdateScale.None, Orthogonalizer = ExactPolar.Instance })
        {
            use_kernels = kernels,
        };
        muon.step();

        // U Vᵀ by a decomposition in double precision, directions without length left out.
        (Tensor u, Tensor s, Tensor vh) = linalg.svd(gradient.to(ScalarType.Float64), fullMatrices: false);
        Tensor kept = s.gt(s.max().item<double>() * 1e-6).to(ScalarType.Float64);
        Tensor expected = u.mul(kept.unsqueeze(0)).mm(vh).mul(-0.5);
        Assert.InRange((parameter.detach().to(ScalarType.Float64) - expected).abs().max().item<double>(), 0, 1e-5);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Frozen_parameters_stay_and_begin_when_they_are_thawed(bool kernels)
    {
        using DisposeScope scope = NewDisposeScope();
        TorchParameter frozen = Values.Parameter([6, 6], "frozen"), other = Values.Parameter([6, 6], "other");
        frozen.requires_grad = false;

        // This preset takes a missing gradient for zero and decays: a frozen parameter has none to miss.
        using var muon = new Muon([frozen, other], lr: 0.1, weight_decay: 0.5, preset: MuonPresets.KellerJordan) { use_kernels = kernels };
        float[] before = frozen.Floats();
        other.grad = Values.Normal([6, 6], "g");
        muon.step();
        Assert.Equal(before, frozen.Floats());
        frozen.requires_grad = true;
        muon.step();
        Assert.True(Values.Relative(frozen, tensor(before).reshape(6, 6).mul(0.95)) < 1e-6);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_missing_gradient_skips_or_counts_as_zero_as_the_preset_says(bool kernels)
    {
        using DisposeScope scope = NewDisposeScope();
        TorchParameter skips = Values.Parameter([6, 6], "a"), zero = Values.Parameter([6, 6], "b"), spares = Values.Parameter([6, 6], "c");
        float[][] before = [skips.Floats(), zero.Floats(), spares.Floats()];
        using var muon = new Muon(
            [new Muon.ParamGroup([skips], preset: MuonPresets.Torch), new Muon.ParamGroup([zero], preset: MuonPresets.KellerJordan), new Muon.ParamGroup([spares], preset: MuonPresets.NorMuon)],
            lr: 0.1, weight_decay: 0.5)
        { use_kernels = kernels };
        foreach (UpdateOptions options in muon.ParamGroups.Cast<Muon.ParamGroup>().Select(group => group.Options))
        {
            (options.LearningRate, options.weight_decay) = (0.1, 0.5);
        }

        muon.step();
        Assert.Equal(before[0], skips.Floats());
        Assert.True(Values.Relative(zero, tensor(before[1]).reshape(6, 6).mul(0.95)) < 1e-6);
        Assert.Equal(before[2], spares.Floats());
    }

    [Theory]
    [InlineData(true, float.NaN)]
    [InlineData(false, float.NaN)]
    [InlineData(true, float.PositiveInfinity)]
    public void A_gradient_that_is_not_finite_changes_nothing_where_that_is_asked_for(bool kernels, float broken)
    {
        using DisposeScope scope = NewDisposeScope();
        TorchParameter good = Values.Parameter([6, 6], "good"), bad = Values.Parameter([6, 6], "bad");
        using var muon = new Muon([good, bad], lr: 0.1) { use_kernels = kernels, skip_non_finite = true, report = true };
        good.grad = Values.Normal([6, 6], "g");
        Tensor gradient = Values.Normal([6, 6], "h");
        gradient[2, 3] = broken;
        bad.grad = gradient;
        float[] before = good.Floats();
        muon.step();
        Assert.True(muon.last_report!.Skipped);
        Assert.Equal(before, good.Floats());
        Assert.All(muon.state_dict().State.Cast<MuonState>(), state =>
        {
            Assert.Equal(0, state.step);
            Assert.All(state.momentum_buffer.Floats(), value => Assert.Equal(0, value));
        });
        bad.grad = good.grad;
        muon.step();
        Assert.False(muon.last_report.Skipped);
        Assert.NotEqual(before, good.Floats());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_gradient_that_is_not_finite_goes_through_where_nothing_else_is_asked_for_as_in_the_original(bool kernels)
    {
        using DisposeScope scope = NewDisposeScope();
        TorchParameter good = Values.Parameter([6, 6], "good"), bad = Values.Parameter([6, 6], "bad");
        using var muon = new Muon([good, bad], lr: 0.1) { use_kernels = kernels };
        good.grad = Values.Normal([6, 6], "g");
        Tensor gradient = Values.Normal([6, 6], "h");
        gradient[2, 3] = float.NaN;
        bad.grad = gradient;
        float[] before = good.Floats();
        muon.step();
        Assert.NotEqual(before, good.Floats());
        Assert.Contains(bad.Floats(), float.IsNaN);
    }

    [Fact]
    public void A_report_says_what_a_step_did()
    {
        using DisposeScope scope = NewDisposeScope();
        TorchParameter weight = Values.Parameter([8, 8], "w");
        Tensor gradient = Values.Normal([8, 8], "g");
        foreach (bool kernels in (bool[])[true, false])
        {
            float[] before = weight.Floats();
            weight.grad = gradient;
            using var muon = new Muon([weight], lr: 0.1, weight_decay: 0.1) { use_kernels = kernels, report = true };
            muon.step();
            MuonStepReport report = muon.last_report!;
            Assert.Equal(gradient.norm().item<float>(), report.GradientNorm, 1e-4);
            Assert.Equal(Math.Sqrt(weight.Floats().Zip(before).Average(pair => Math.Pow(pair.First - pair.Second, 2))), report.UpdateRms, 1e-6);
            Assert.Equal((1, 1, kernels ? 1 : 0, kernels ? 0 : 1), (report.Step, report.MatricesOrthogonalized, report.OnKernels, report.InTorchOperations));
            muon.report = false;
            muon.step();
            Assert.Null(muon.last_report);
        }
    }

    [Fact]
    public void A_closure_is_run_with_gradients_and_its_loss_comes_back()
    {
        using DisposeScope scope = NewDisposeScope();
        TorchParameter weight = Values.Parameter([4, 5], "w");
        using var muon = new Muon([weight], lr: 0.1);
        float[] before = weight.Floats();
        using IDisposable quiet = no_grad();
        Tensor loss = muon.step(() =>
        {
            muon.zero_grad();
            Tensor value = weight.square().sum();
            value.backward();
            return value;
        })!;
        Assert.Equal(before.Sum(value => (double)value * value), loss.item<float>(), 1e-3);
        Assert.NotEqual(before, weight.Floats());
        Assert.Null(muon.step());
    }

    [Theory]
    [InlineData(ScalarType.BFloat16, null, ScalarType.BFloat16)]
    [InlineData(ScalarType.BFloat16, ScalarType.Float32, ScalarType.Float32)]
    [InlineData(ScalarType.Float64, null, ScalarType.Float64)]
    public void Other_types_step_in_torch_operations_and_keep_their_state(ScalarType type, ScalarType? asked, ScalarType state)
    {
        using DisposeScope scope = NewDisposeScope();
        foreach (MuonOptions preset in (MuonOptions[])[MuonPresets.KellerJordan, MuonPresets.Default, MuonPresets.NorMuon])
        {
            TorchParameter single = Values.Parameter([16, 24], "w");
            var other = new TorchParameter(single.detach().to(type));
            using var expected = new Muon([single], preset: preset);
            using var muon = new Muon([other], preset: preset, state_type: asked) { report = true };
            for (int step = 1; step <= 5; step++)
            {
                single.grad = Values.Normal([16, 24], "g", (ulong)step);
                other.grad = single.grad!.to(type);
                expected.step();
                muon.step();
            }

            Assert.Equal(1, muon.last_report!.InTorchOperations);
            Assert.Equal(type, other.dtype);
            Assert.Equal(state, ((MuonState)muon.state_dict().State[0]).momentum_buffer.dtype);
            Assert.True(Values.Relative(other, single) < (type == ScalarType.BFloat16 ? 6e-3 : 1e-5));
        }
    }
}
