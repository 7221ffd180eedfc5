using MuonSharp.Numerics;

namespace MuonSharp.Optimizers.Tests;

public class AdamWStepTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 10)]
    [InlineData(16, 10)]
    [InlineData(1000, 10)]
    [InlineData(40000, 3)]
    public void Steps_equal_a_plain_loop_in_double_precision(int length, int steps)
    {
        using var model = new TestModel(("vector", [length], ParameterRole.Gain, null), ("other", [5, 3], ParameterRole.Embedding, null));
        using var team = new WorkerTeam(2);
        var options = new AdamWOptions { LearningRate = 0.01, WeightDecay = 0.1 };
        using var adam = new AdamW(model.Parameters, options, team: team);
        float[] start = model.AllWeights();
        StraightLineAdamW[] references = [.. model.Parameters.Select(p => new StraightLineAdamW(StraightLineAdamW.Formulas["torch"], p.Weights.Span.ToArray()))];
        for (int step = 1; step <= steps; step++)
        {
            model.FillGradients(step);
            adam.Step();
            for (int i = 0; i < references.Length; i++)
            {
                references[i].Step(model.Parameters[i].Gradient.Span.ToArray(), 0.01, weightDecay: 0.1, momentum: 0.9);
            }
        }

        double deviation = Compare.Deviation(model.AllWeights(), [.. references.SelectMany(reference => reference.Weights)], start);
        Assert.True(deviation < 2e-6, $"deviation {deviation:E2}");
    }

    [Fact]
    public void The_first_step_has_the_size_of_the_learning_rate()
    {
        using var model = new TestModel(("vector", [4], ParameterRole.Bias, null));
        new float[] { 1, 2, 3, 4 }.CopyTo(model.Parameters[0].Weights.Span);
        new float[] { 0.5f, -2, 1e-3f, 40 }.CopyTo(model.Parameters[0].Gradient.Span);
        using var adam = new AdamW(model.Parameters, learningRate: 0.125);
        adam.Step();
        float[] expected = [0.875f, 2.125f, 2.875f, 3.875f];
        float[] actual = model.AllWeights();
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(expected[i], actual[i], 2e-6f);
        }
    }

    [Fact]
    public void Moments_of_a_parameter_without_gradients_reach_zero_and_are_never_subnormal()
    {
        using var model = new TestModel(("vector", [3], ParameterRole.Embedding, null));
        using var adam = new AdamW(model.Parameters, learningRate: 0.01, beta1: 0.5, beta2: 0.5);
        model.FillGradients(1);
        adam.Step();
        model.Store.ZeroGradients();
        for (int step = 0; step < 200; step++)
        {
            adam.Step();
            foreach (StateTensor tensor in adam.StateTensors)
            {
                Assert.DoesNotContain(tensor.Memory.Span.ToArray(), float.IsSubnormal);
            }
        }

        Assert.All(adam.StateTensors, tensor => Assert.All(tensor.Memory.Span.ToArray(), value => Assert.Equal(0, value)));
    }

    [Fact]
    public void A_finite_gradient_whose_square_overflows_leaves_finite_state_and_weights()
    {
        using var model = new TestModel(("vector", [2], ParameterRole.Gain, null));
        new float[] { 1e18f, -9.9e18f }.CopyTo(model.Parameters[0].Gradient.Span);
        using var adam = new AdamW(model.Parameters, learningRate: 0.01);
        StepReport report = adam.Step();
        Assert.False(report.Skipped);
        Assert.All(model.AllWeights(), weight => Assert.True(float.IsFinite(weight)));
        Assert.All(adam.StateTensors, tensor => Assert.All(tensor.Memory.Span.ToArray(), value => Assert.True(float.IsFinite(value))));
    }

    [Theory]
    [InlineData(0.999, 1)]
    [InlineData(0.999, 2)]
    [InlineData(0.95, 777)]
    [InlineData(0.9999, 1_000_000)]
    [InlineData(0, 5)]
    public void Powers_equal_those_of_the_system(double value, long exponent) =>
        Assert.Equal(Math.Pow(value, exponent), IntegerPower.Of(value, exponent), 1e-13);

    [Fact]
    public void Beta1_follows_its_schedule()
    {
        using var model = new TestModel(("vector", [6], ParameterRole.Gain, null));
        using var adam = new AdamW(model.Parameters, new AdamWOptions { Beta1 = new RampSchedule(0.5, 0.9, 2) });
        model.FillGradients(1);
        double[] momenta = [.. Enumerable.Range(0, 4).Select(_ => adam.Step().Groups[0].Momentum)];
        Assert.Equal(0.5, momenta[0], 1e-12);
        Assert.Equal(0.7, momenta[1], 1e-12);
        Assert.Equal(0.9, momenta[2], 1e-12);
        Assert.Equal(0.9, momenta[3], 1e-12);
    }
}
