namespace MuonSharp.Optimizers.Tests;

public class LionStepTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(36)]
    [InlineData(37)]
    [InlineData(20000)]
    public void Steps_equal_a_plain_loop_in_double_precision(int length)
    {
        const double Rate = 0.01, Decay = 0.1, Beta1 = 0.9, Beta2 = 0.99;
        using var model = new TestModel(("vector", [length], ParameterRole.Gain, null));
        using var lion = new Lion(model.Parameters, new Lion.Options { LearningRate = Rate, WeightDecay = Decay });
        float[] start = model.AllWeights();
        double[] weights = [.. start.Select(w => (double)w)];
        var momentum = new double[length];
        for (int step = 1; step <= 6; step++)
        {
            model.FillGradients(step);
            model.Parameters[0].Gradient.Span[(length / 2)..((length + 1) / 2)].Clear();
            lion.Step();
            for (int i = 0; i < length; i++)
            {
                double g = model.Parameters[0].Gradient.Span[i];
                weights[i] = (weights[i] * (1 - (Rate * Decay))) - (Rate * Math.Sign((Beta1 * momentum[i]) + ((1 - Beta1) * g)));
                momentum[i] = (Beta2 * momentum[i]) + ((1 - Beta2) * g);
            }
        }

        double deviation = Compare.Deviation(model.AllWeights(), weights, start);
        Assert.True(deviation < 2e-6, $"deviation {deviation:E2}");
    }
}
