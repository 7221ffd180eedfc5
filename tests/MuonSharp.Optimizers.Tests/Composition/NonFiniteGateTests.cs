using MuonSharp.Numerics;

namespace MuonSharp.Optimizers.Tests;

public class NonFiniteGateTests
{
    [Theory]
    [InlineData("wte", 3, float.NaN)]
    [InlineData("h.1.down.weight", 700, float.PositiveInfinity)]
    [InlineData("head", 64 * 24, float.NegativeInfinity)]
    [InlineData("h.0.ln.bias", 23, float.NaN)]
    public void One_bad_element_changes_nothing_and_is_named(string name, int index, float bad)
    {
        using TestModel model = TestModel.Language();
        using var team = new WorkerTeam(2);
        using var optimizer = new RoutedOptimizer(model.Store, team: team);
        model.FillGradients(1);
        optimizer.Step();
        float[] weights = model.AllWeights();
        float[] state = State(optimizer);
        IReadOnlyDictionary<string, long> counters = optimizer.SaveCounters();

        model.FillGradients(2);
        model[name].Gradient.Span[index] = bad;
        StepReport report = optimizer.Step();

        Assert.True(report.Skipped);
        Assert.Equal(name, report.NonFiniteParameter);
        Assert.Equal((2, 1, 1), (report.Step, report.SkippedSteps, report.ConsecutiveSkippedSteps));
        Assert.Equal((0, 0, 0.0), (report.MatricesOrthogonalized, report.ParametersUpdatedBy("muon"), report.UpdateRms));
        Compare.SameBits(weights, model.AllWeights());
        Compare.SameBits(state, State(optimizer));
        Assert.Equal(
            counters.Where(counter => counter.Key.StartsWith("count/", StringComparison.Ordinal)),
            optimizer.SaveCounters().Where(counter => counter.Key.StartsWith("count/", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_first_bad_parameter_in_the_given_order_is_named()
    {
        using TestModel model = TestModel.Language();
        using var optimizer = new RoutedOptimizer(model.Store);
        model.FillGradients(1);
        model["head"].Gradient.Span[0] = float.NaN;
        model["h.1.up.weight"].Gradient.Span[0] = float.NaN;
        model["h.0.ln.weight"].Gradient.Span[0] = float.NaN;
        Assert.Equal("h.0.ln.weight", optimizer.Step().NonFiniteParameter);
    }

    [Fact]
    public void After_a_skipped_step_training_goes_on_as_if_the_update_had_not_been()
    {
        using TestModel skipped = TestModel.Language();
        using TestModel plain = TestModel.Language();
        using var one = new RoutedOptimizer(skipped.Store);
        using var other = new RoutedOptimizer(plain.Store);
        for (int step = 1; step <= 4; step++)
        {
            skipped.FillGradients(step);
            plain.FillGradients(step);
            if (step == 2)
            {
                skipped["wte"].Gradient.Span[5] = float.NaN;
                Assert.True(one.Step().Skipped);
                continue;
            }

            StepReport report = one.Step();
            Assert.False(report.Skipped);
            Assert.Equal(0, report.ConsecutiveSkippedSteps);
            other.Step();
        }

        Assert.Equal(4, one.Steps);
        Compare.SameBits(plain.AllWeights(), skipped.AllWeights());
    }

    [Fact]
    public void A_bad_value_in_a_gradient_that_is_not_part_of_this_step_is_ignored()
    {
        using TestModel model = TestModel.Language();
        using var optimizer = new RoutedOptimizer(model.Store);
        model.FillGradients(1);
        model["wte"].Gradient.Span[5] = float.NaN;
        model["wte"].HasGradient = false;
        model["h.0.up.weight"].Gradient.Span.Fill(float.NaN);
        model["h.0.up.weight"].HasGradient = false;
        Assert.False(optimizer.Step().Skipped);
        Assert.All(model.AllWeights(), weight => Assert.True(float.IsFinite(weight)));
    }

    [Fact]
    public void A_single_optimizer_has_the_same_gate()
    {
        using TestModel model = TestModel.Matrices((5, 4), (4, 6));
        using var muon = new Muon(model.Parameters, learningRate: 0.1);
        model.FillGradients(1);
        model["matrix1"].Gradient.Span[23] = float.NaN;
        float[] weights = model.AllWeights();
        Assert.Equal("matrix1", muon.Step().NonFiniteParameter);
        Compare.SameBits(weights, model.AllWeights());
    }

    private static float[] State(RoutedOptimizer optimizer) => [.. optimizer.StateTensors.SelectMany(tensor => tensor.Memory.Span.ToArray())];
}
