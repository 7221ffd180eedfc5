using MuonSharp.Numerics;

namespace MuonSharp.Optimizers.Tests;

/// <summary>What the contract table does not say.</summary>
public class MuonStepTests
{
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
}
