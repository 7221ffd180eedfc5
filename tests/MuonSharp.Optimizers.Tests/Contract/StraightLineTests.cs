using MuonSharp.Numerics;

namespace MuonSharp.Optimizers.Tests;

/// <summary>Every optimizer of the table against its formula in double precision.</summary>
public class StraightLineTests
{
    public static TheoryData<string> Names => ContractTable.Names;

    /// <summary>Plain loops over large matrices take seconds each: one optimizer for every run of the tests, the others for a run of everything.</summary>
    public static TheoryData<string> LargeNames =>
        [.. ContractTable.Rows.Keys.Select(name => new TheoryDataRow<string>(name) { Explicit = true })];

    /// <summary>Each rule of the trace format that no preset has as its own.</summary>
    private static readonly Dictionary<string, (MuonOptions Options, StraightLineMuon.Formula Formula)> s_variants = new(StringComparer.Ordinal)
    {
        ["without nesterov"] = (MuonPresets.KellerJordan with { Nesterov = false }, Of("keller-jordan") with { Nesterov = false }),
        ["sum without nesterov"] = (MuonPresets.Moonlight with { Nesterov = false }, Of("moonlight") with { Nesterov = false }),
        ["match-rms-adamw"] = (MuonPresets.Torch with { Scale = UpdateScale.MatchRmsAdamW }, Of("torch") with { Scale = "match-rms-adamw" }),
        ["spectral-unclamped"] = (MuonPresets.Torch with { Scale = UpdateScale.SpectralUnclamped }, Of("torch") with { Scale = "spectral-unclamped" }),
        ["no scale"] = (MuonPresets.NorMuon with { Scale = UpdateScale.None }, Of("normuon") with { Scale = "none" }),
        ["beta2"] = (MuonPresets.NorMuon with { RowNormalization = new() { Beta2 = 0.7 } }, Of("normuon") with { RowBeta = 0.7 }),
        ["three iterations"] = (MuonPresets.KellerJordan with { Orthogonalizer = NewtonSchulz.Jordan5.WithSteps(3) }, Of("keller-jordan") with { Iterations = 3 }),
        ["factor of the kernel"] = (MuonPresets.KellerJordan with { Compat = MuonCompat.KellerJordanConvScale }, Of("keller-jordan") with { FactorOfKernel = true }),
        ["coupled decay"] = (MuonPresets.KellerJordan with { Compat = MuonCompat.MlxCoupledDecay }, Of("keller-jordan") with { CoupledDecay = true }),
        ["coupled decay of a sum"] = (MuonPresets.Moonlight with { Compat = MuonCompat.MlxCoupledDecay }, Of("moonlight") with { CoupledDecay = true }),
    };

    public static TheoryData<string> Variants => [.. s_variants.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Forty_steps_of_every_kind_of_parameter(string name)
    {
        ContractRow row = ContractTable.Rows[name];
        Follow(row, row.Options, [.. StraightLineCase.All.Where(row.Defines)], 40);
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Forty_steps_of_what_presets_can_be_told(string name)
    {
        (MuonOptions options, StraightLineMuon.Formula formula) = s_variants[name];
        ContractRow row = ContractTable.Rows["muon keller-jordan"] with
        {
            StraightLine = (start, parameter) => new StraightLineMuon(formula, start, parameter.Shape, parameter.InOut),
        };
        Follow(row, options, [.. StraightLineCase.All.Where(row.Defines)], 40);
    }

    [Theory]
    [MemberData(nameof(LargeNames))]
    public void A_few_steps_at_sizes_of_300_to_1100(string name)
    {
        ContractRow row = ContractTable.Rows[name];
        foreach ((int rows, int columns, int steps) in row.LargeShapes)
        {
            Follow(row, row.Options, [new StraightLineCase("large", rows, columns)], steps);
        }
    }

    /// <summary>Nothing is set: the learning rate, decay and momentum are the reference's.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void What_is_not_set_is_the_references(string name)
    {
        ContractRow row = ContractTable.Rows[name];
        Follow(row, row.Standard, [StraightLineCase.Of("square"), StraightLineCase.Of("tiny")], 5, standard: true);
    }

    private static StraightLineMuon.Formula Of(string preset) => StraightLineMuon.Formulas[preset];

    private static void Follow(ContractRow row, OptimizerOptions options, StraightLineCase[] parameters, int steps, bool standard = false)
    {
        Assert.NotEmpty(parameters);
        using var model = new TestModel([.. parameters.Select(parameter =>
            (parameter.Name, parameter.Shape, ParameterRole.Matrix, parameter.InOut ? MatrixLayout.InOut : null))]);
        float[][] start = [.. model.Parameters.Select(parameter => parameter.Weights.Span.ToArray())];
        StraightLineOptimizer[] formulas = [.. parameters.Select((parameter, i) => row.StraightLine(start[i], parameter))];

        // Warm-up and decay of the rate, decay of the weights at two steps of three, a momentum that grows.
        double[] rates = [.. Enumerable.Range(1, steps).Select(step => row.ConvergingRate * 0.25 * Math.Min(1, step / 4.0) * (1 - (0.5 * step / steps)))];
        double[] decays = [.. Enumerable.Range(1, steps).Select(step => step % 3 == 0 ? 0 : 0.1)];
        double[] momenta = [.. Enumerable.Range(1, steps).Select(step => Math.Min(0.95, 0.8 + (0.01 * step)))];
        if (!standard)
        {
            options = row.WithMomentum(options, new ListSchedule([.. momenta])) with
            {
                LearningRate = new ListSchedule([.. rates]),
                WeightDecay = new ListSchedule([.. decays]),
            };
        }

        using var team = new WorkerTeam(2);
        using Optimizer optimizer = options.CreateOptimizer([new ParameterGroup("all", model.Parameters, options)], new StepOptions { TotalSteps = steps }, team);
        for (int step = 1; step <= steps; step++)
        {
            for (int i = 0; i < parameters.Length; i++)
            {
                float[]? gradient = parameters[i].Gradient(step);
                model.Parameters[i].HasGradient = gradient is not null;
                gradient?.CopyTo(model.Parameters[i].Gradient.Span);
                (double rate, double decay, double momentum) = standard ? formulas[i].Standard : (rates[step - 1], decays[step - 1], momenta[step - 1]);
                formulas[i].Step(gradient, rate, decay, momentum);
            }

            Assert.False(optimizer.Step().Skipped);
            if (step == 1 || step == steps / 2 || step == steps)
            {
                Assert.All(parameters, (parameter, i) =>
                {
                    double deviation = Compare.Deviation(model.Parameters[i].Weights.Span, formulas[i].Weights, start[i]);
                    Assert.True(deviation < row.Tolerance, $"{parameter} is {deviation:E2} off after step {step}");
                });
            }
        }
    }
}
