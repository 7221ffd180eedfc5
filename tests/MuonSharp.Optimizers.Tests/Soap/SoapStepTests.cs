namespace MuonSharp.Optimizers.Tests;

public class SoapStepTests
{
    [Theory]
    [InlineData(20, 20, 10000, null)]
    [InlineData(20, 20, 10000, 0.8)]
    [InlineData(33, 12, 16, null)]
    [InlineData(12, 33, 16, null)]
    [InlineData(15, 24, 0, null)]
    public void The_weights_are_those_of_the_straight_line_version(int rows, int columns, int longest, double? shampooBeta)
    {
        var options = new SoapOptions
        {
            LearningRate = new RampSchedule(0.01, 0.003, 8),
            Beta1 = new RampSchedule(0.85, 0.95, 12),
            Beta2 = 0.9,
            WeightDecay = 0.1,
            PreconditionFrequency = 3,
            MaximumPreconditionerDimension = longest,
            ShampooBeta = shampooBeta,
        };
        Follow([rows, columns], rows, columns, options, 20);
    }

    [Fact]
    public void A_vector_is_plain_adam_whose_first_gradient_changes_nothing() =>
        Follow([19], 1, 19, new SoapOptions { WeightDecay = 0.1, PreconditionFrequency = 2 }, 10);

    [Theory]
    [InlineData(1e-8f)]
    [InlineData(1e3f)]
    public void Small_and_large_gradients_rotate_as_well(float scale) =>
        Follow([16, 16], 16, 16, new SoapOptions { PreconditionFrequency = 2, Epsilon = 1e-20 }, 10, scale);

    [Fact]
    public void The_first_gradient_changes_no_weight()
    {
        using TestModel model = TestModel.Language();
        using var soap = new Soap(model.Parameters);
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
        using var first = new Soap(together.Parameters, new SoapOptions { PreconditionFrequency = 2 });
        using var second = new Soap(apart.Parameters, new SoapOptions { PreconditionFrequency = 2 });
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

    private static void Follow(int[] shape, int rows, int columns, SoapOptions options, int steps, float scale = 0.01f)
    {
        using var model = new TestModel(("w", shape, ParameterRole.Matrix, null));
        float[] start = model.AllWeights();
        var reference = new ReferenceSoap(start, rows, columns, options);
        using var soap = new Soap(model.Parameters, options, new StepOptions { TotalSteps = steps });
        for (int step = 1; step <= steps; step++)
        {
            model.FillGradients(step, scale);
            soap.Step();
            reference.Step(model["w"].Gradient.Span.ToArray(), options.LearningRate.At(step, steps), options.Beta1.At(step, steps));
            double deviation = Compare.Deviation(model["w"].Weights.Span, reference.Weights.ToRowMajorArray(), start);
            Assert.True(deviation < 2e-5, $"step {step}: {deviation:E2}");
        }
    }
}
