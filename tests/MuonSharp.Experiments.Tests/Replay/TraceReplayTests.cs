using System.Collections.Immutable;
using MuonSharp.Optimizers;
using MuonSharp.Training;

namespace MuonSharp.Experiments.Tests.Replay;

public class TraceReplayTests
{
    [Fact]
    public void A_step_that_follows_the_formula_deviates_by_rounding_only()
    {
        using var file = new TraceFile();
        using Trace trace = file.Open();
        ReplayDeviation row = Assert.Single(TraceReplay.Run(trace, threads: 1).Parameters);
        Assert.Equal(("gain", "adamw", 1, 1), (row.Parameter, row.Optimizer, row.Step, row.Comparisons));
        Assert.InRange(row.Deviation, 0, 1e-5);
        Assert.Equal("a formula", trace.Source);
    }

    [Fact]
    public void A_weight_that_is_off_is_measured_by_the_way_it_went()
    {
        using var file = new TraceFile();
        float[] expected = [.. file.Tensors["expected/1/gain"].Values];
        expected[1] += 0.25f;
        file.With("expected/1/gain", [3], expected);
        using Trace trace = file.Open();
        double way = Math.Sqrt((0.15 * 0.15) + (0.45 * 0.45) + (0.125 * 0.125));
        double size = Math.Sqrt(1 + 4 + 0.25);
        Assert.Equal(0.25 / (way + (1e-3 * size)), TraceReplay.Run(trace, threads: 1).Worst.Deviation, 1e-5);
    }

    [Fact]
    public void The_largest_deviation_of_all_recorded_steps_counts_with_its_step()
    {
        using var file = new TraceFile();
        file.With("expected/2/gain", [3], 9, 9, 9);
        using Trace trace = file.Open();
        ReplayDeviation row = TraceReplay.Run(trace, threads: 1).Worst;
        Assert.Equal((2, 2), (row.Step, row.Comparisons));
    }

    [Fact]
    public void A_parameter_without_a_gradient_is_left_alone_by_an_optimizer_that_skips_it()
    {
        using var file = new TraceFile();
        file.Without("gradient/1/gain").With("expected/1/gain", [3], 1, -2, 0.5f);
        using Trace trace = file.Open();
        Assert.Equal(0, TraceReplay.Run(trace, threads: 1).Worst.Deviation);
    }

    [Fact]
    public void Any_number_of_threads_gives_the_same_bits()
    {
        using var file = new TraceFile();
        float[] matrix = [.. Enumerable.Range(0, 40 * 30).Select(i => MathF.Sin(i * 0.37f))];
        file.WithConfig(TraceFile.Config("""{"optimizer": "muon", "parameters": ["m"], "learning_rate": [0.1, 0.2], "momentum": [0.9, 0.8], "nesterov": false}""" + "," + TraceFile.Groups))
            .With("initial/m", [40, 30], matrix)
            .With("gradient/1/m", [40, 30], [.. matrix.Select(MathF.Cos)])
            .With("expected/2/m", [40, 30], matrix);
        using Trace trace = file.Open();
        Assert.Equal(TraceReplay.Run(trace, threads: 1).Parameters, TraceReplay.Run(trace, threads: 3).Parameters);
    }

    [Fact]
    public void Keys_that_are_absent_take_the_presets_value_and_the_others_their_own()
    {
        TraceConfig config = TraceConfig.Parse(
            TraceFile.Config("""
                {"optimizer": "muon", "preset": "keller-jordan", "parameters": ["a", "b"], "weight_decay": [0, 0.1], "orientation": "in-out"},
                {"optimizer": "adamw", "parameters": ["c"]}
                """),
            "file");
        Assert.Equal(2, config.Steps);
        MuonOptions muon = Assert.IsType<MuonOptions>(config.Groups[0].Options);
        Assert.Equal(MuonPresets.KellerJordan with { WeightDecay = muon.WeightDecay }, muon);
        Assert.Equal(0.1, muon.WeightDecay.At(2, 2));
        Assert.Equal(["a", "b"], config.Groups[0].Parameters);
        Assert.Same(MatrixLayout.InOut, config.Groups[0].Layout);
        Assert.Equal(AdamWPresets.Torch, config.Groups[1].Options);
    }

    [Fact]
    public void The_deviation_of_equal_weights_is_zero_and_of_a_number_that_is_not_finite_infinite()
    {
        Assert.Equal(0, TraceReplay.Deviation([1, 2], [1, 2], [1, 2]));
        Assert.Equal(0, TraceReplay.Deviation([0], [0], [0]));
        Assert.Equal(double.PositiveInfinity, TraceReplay.Deviation([1], [0], [0]));
        Assert.Equal(double.PositiveInfinity, TraceReplay.Deviation([float.NaN, 2], [1, 2], [1, 1]));
        Assert.Equal(double.PositiveInfinity, TraceReplay.Deviation([1, 2], [1, float.NaN], [1, 1]));
        Assert.Equal(double.PositiveInfinity, TraceReplay.Deviation([float.PositiveInfinity], [float.PositiveInfinity], [1]));
    }

    [Theory]
    [InlineData("optax", true)]
    [InlineData("torch", false)]
    public void Weights_are_stored_as_the_presets_reference_stores_them(string preset, bool inOut) =>
        Assert.Same(inOut ? MatrixLayout.InOut : MatrixLayout.OutIn, Group($$"""{"optimizer": "muon", "preset": "{{preset}}", "parameters": ["a"]}""").Layout);

    [Fact]
    public void Keys_of_the_orthogonalizer_apply_in_their_own_order_and_keep_the_presets_epsilon()
    {
        NewtonSchulz made = Orthogonalizer("""{"optimizer": "muon", "preset": "torch", "steps_per_orthogonalization": 3, "coefficients": [2, -1.5, 0.5], "parameters": ["a"]}""");
        Assert.Equal(Enumerable.Repeat(new QuinticCoefficients(2, -1.5, 0.5), 3), made.Steps);
        Assert.Equal(NormFloor.Maximum, made.Floor);
        made = Orthogonalizer("""{"optimizer": "muon", "preset": "optax", "coefficients": [[1, 2, 3], [4, 5, 6]], "parameters": ["a"]}""");
        Assert.Equal([new QuinticCoefficients(1, 2, 3), new QuinticCoefficients(4, 5, 6)], made.Steps);
        Assert.Equal(1e-8, made.Epsilon);
        made = Orthogonalizer("""{"optimizer": "muon", "preset": "airbench94", "orthogonalizer": "newton-schulz/jordan5", "parameters": ["a"]}""");
        Assert.Equal(NewtonSchulz.Jordan5.Steps, made.Steps);
        made = Orthogonalizer("""{"optimizer": "muon", "preset": "optax", "coefficients": "polar-express5", "parameters": ["a"]}""");
        Assert.Equal((QuinticSchedules.PolarExpress5, 1e-8, 1.02), (made.Steps, made.Epsilon, made.NormFactor));
        made = Orthogonalizer("""{"optimizer": "muon", "orthogonalizer": "newton-schulz/polar-express5", "parameters": ["a"]}""");
        Assert.Same(NewtonSchulz.PolarExpress5, made);
    }

    [Fact]
    public void The_keys_of_a_preset_change_what_they_name_and_nothing_else()
    {
        var muon = (MuonOptions)Group("""{"optimizer": "muon", "preset": "normuon", "beta2": 0.8, "scale": "none", "compat": "keller-jordan-conv-scale", "parameters": ["a"]}""").Options;
        Assert.Equal(
            MuonPresets.NorMuon with { RowNormalization = new RowNormalization { Beta2 = 0.8 }, Scale = UpdateScale.None, Compat = MuonCompat.KellerJordanConvScale }, muon);
        Assert.Equal(
            AdamWPresets.Moonlight with { Nesterov = true }, Group("""{"optimizer": "adamw", "preset": "moonlight", "nesterov": true, "parameters": ["a"]}""").Options);
    }

    private static NewtonSchulz Orthogonalizer(string group) => Assert.IsType<NewtonSchulz>(((MuonOptions)Group(group).Options).Orthogonalizer);

    private static TraceGroup Group(string group) => Assert.Single(TraceConfig.Parse(TraceFile.Config(group), "file").Groups);
}
