using MuonSharp.Numerics;

namespace MuonSharp.Optimizers.Tests;

public class MuonStepTests
{
    public static TheoryData<int, int> Shapes => new()
    {
        { 24, 24 }, { 48, 12 }, { 12, 48 }, { 1, 24 }, { 24, 1 }, { 1, 1 }, { 37, 23 }, { 23, 37 }, { 2, 3 }, { 129, 65 }, { 17, 130 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void One_step_equals_plain_loops_in_double_precision(int rows, int columns) => CompareSteps(rows, columns, 1, MuonPresets.KellerJordan);

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Ten_steps_equal_plain_loops_in_double_precision(int rows, int columns) =>
        CompareSteps(rows, columns, 10, MuonPresets.KellerJordan with { WeightDecay = 0.1 });

    [Fact]
    public void Ten_steps_without_nesterov_equal_plain_loops() => CompareSteps(20, 31, 10, MuonPresets.KellerJordan with { Nesterov = false, Momentum = 0.8 });

    [Fact]
    public void A_matrix_that_is_split_across_workers_equals_plain_loops()
    {
        const int Rows = 651, Columns = 644;
        Assert.True((long)Columns * Columns * Rows > MuonPass.LargestSmallWork);
        CompareSteps(Rows, Columns, 1, MuonPresets.KellerJordan);
    }

    [Fact]
    public void A_zero_gradient_moves_nothing_but_decay()
    {
        using TestModel model = TestModel.Matrices((8, 6));
        float[] start = model.AllWeights();
        model.Store.ZeroGradients();
        using var team = new WorkerTeam(1);
        using var muon = new Muon(model.Parameters, new MuonOptions { LearningRate = 0.5, WeightDecay = 0.25 }, team: team);
        muon.Step();
        float[] expected = [.. start.Select(p => p - (0.125f * p))];
        Compare.SameBits(expected, model.AllWeights());
    }

    [Fact]
    public void The_report_counts_matrices_and_measures_the_change()
    {
        using TestModel model = TestModel.Language();
        float[] start = model.AllWeights();
        model.FillGradients(1);
        using var team = new WorkerTeam(2);
        using var optimizer = new RoutedOptimizer(model.Store, Route.Muon(), team: team);
        StepReport report = optimizer.Step();
        double squares = start.Zip(model.AllWeights(), (before, after) => Math.Pow((double)after - before, 2)).Sum();

        // Two layers, each a fused QKV of three matrices, an up and a down projection.
        Assert.Equal(10, report.MatricesOrthogonalized);
        Assert.Equal(6, report.ParametersUpdatedBy("muon"));
        Assert.Equal(7, report.ParametersUpdatedBy("adamw"));
        Assert.Equal(Math.Sqrt(squares / start.Length), report.UpdateRms, report.UpdateRms * 1e-4);
        Assert.Equal(["matrices", "auxiliary"], report.Groups.Select(group => group.Name));
        Assert.Equal([0.02, 3e-4], report.Groups.Select(group => group.LearningRate));
    }

    private static void CompareSteps(int rows, int columns, int steps, MuonOptions options)
    {
        using TestModel model = TestModel.Matrices((rows, columns));
        using var team = new WorkerTeam(2);
        using var muon = new Muon(model.Parameters, options, team: team);
        float[] start = model.AllWeights();
        var reference = new ReferenceMuon(Compare.Matrix(start, rows, columns));
        for (int step = 1; step <= steps; step++)
        {
            model.FillGradients(step);
            muon.Step();
            reference.Step(
                Compare.Matrix(model.Parameters[0].Gradient.Span, rows, columns),
                0.02,
                options.Momentum.At(step, 0),
                options.WeightDecay.At(step, 0),
                options.Nesterov);
        }

        double deviation = Compare.Deviation(model.AllWeights(), Compare.Flat(reference.Weights), start);
        Assert.True(deviation < 2e-5, $"deviation {deviation:E2}");
    }
}
