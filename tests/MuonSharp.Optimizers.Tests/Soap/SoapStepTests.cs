namespace MuonSharp.Optimizers.Tests;

/// <summary>What the contract table does not say.</summary>
public class SoapStepTests
{
    [Theory]
    [InlineData(1e-8f)]
    [InlineData(1e3f)]
    public void Small_and_large_gradients_rotate_as_well(float scale)
    {
        var options = new SoapOptions { PreconditionFrequency = 2, Epsilon = 1e-20 };
        using TestModel model = TestModel.Matrices((16, 16));
        float[] start = model.AllWeights();
        var formula = new StraightLineSoap(new StraightLineSoap.Formula { Frequency = 2, Epsilon = 1e-20 }, start, [16, 16]);
        using Optimizer soap = options.Create(model.Parameters);
        for (int step = 1; step <= 10; step++)
        {
            model.FillGradients(step, scale);
            soap.Step();
            formula.Step(model.Parameters[0].Gradient.Span.ToArray(), formula.Standard.LearningRate, formula.Standard.WeightDecay, formula.Standard.Momentum);
            double deviation = Compare.Deviation(model.AllWeights(), formula.Weights, start);
            Assert.True(deviation < 2e-5, $"step {step}: {deviation:E2}");
        }
    }

    [Fact]
    public void The_first_gradient_changes_no_weight()
    {
        using TestModel model = TestModel.Language();
        using Optimizer soap = new SoapOptions().Create(model.Parameters);
        float[] before = model.AllWeights();
        model.FillGradients(1);
        Assert.Equal(0, soap.Step().UpdateRms);
        Compare.SameBits(before, model.AllWeights());
        Assert.True(soap.Step().UpdateRms > 0);
    }

    [Fact]
    public void Fused_parts_step_as_they_would_alone()
    {
        MatrixLayout fused = MatrixLayout.OutIn.Split(new("query", 12), new("key", 12), new("value", 12));
        using var together = new TestModel(("qkv", [36, 12], ParameterRole.Matrix, fused));
        using var apart = TestModel.Matrices((12, 12), (12, 12), (12, 12));
        using Optimizer first = (new SoapOptions { PreconditionFrequency = 2 }).Create(together.Parameters);
        using Optimizer second = (new SoapOptions { PreconditionFrequency = 2 }).Create(apart.Parameters);
        for (int i = 0; i < 3; i++)
        {
            together["qkv"].Weights.Span.Slice(i * 144, 144).CopyTo(apart.Parameters[i].Weights.Span);
        }

        for (int step = 1; step <= 6; step++)
        {
            together.FillGradients(step);
            for (int i = 0; i < 3; i++)
            {
                together["qkv"].Gradient.Span.Slice(i * 144, 144).CopyTo(apart.Parameters[i].Gradient.Span);
                apart.Parameters[i].HasGradient = true;
            }

            first.Step();
            second.Step();
        }

        Compare.SameBits(together.AllWeights(), apart.AllWeights());
    }
}
