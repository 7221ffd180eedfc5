namespace MuonSharp.Optimizers.Tests;

public class LionStepTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(36)]
    [InlineData(37)]
    [InlineData(20000)]
    public void Every_length_equals_the_formula_where_a_gradient_is_zero_too(int length)
    {
        const double Rate = 0.01, Decay = 0.1, Beta1 = 0.9;
        using var model = new TestModel(("vector", [length], ParameterRole.Gain, null));
        using Optimizer lion = new LionOptions { LearningRate = Rate, WeightDecay = Decay }.Create(model.Parameters);
        float[] start = model.AllWeights();
        var formula = new StraightLineLion(start);
        for (int step = 1; step <= 6; step++)
        {
            model.FillGradients(step);
            model.Parameters[0].Gradient.Span[(length / 2)..((length + 1) / 2)].Clear();
            lion.Step();
            formula.Step(model.Parameters[0].Gradient.Span.ToArray(), Rate, Decay, Beta1);
        }

        double deviation = Compare.Deviation(model.AllWeights(), formula.Weights, start);
        Assert.True(deviation < 2e-6, $"deviation {deviation:E2}");
    }
}
