namespace MuonSharp.Optimizers.Tests;

public class ShampooStepTests
{
    [Theory]
    [InlineData(20, 20, ShampooGrafting.Adam)]
    [InlineData(33, 12, ShampooGrafting.Adam)]
    [InlineData(12, 33, ShampooGrafting.Adam)]
    [InlineData(1, 9, ShampooGrafting.Adam)]
    [InlineData(9, 1, ShampooGrafting.None)]
    [InlineData(20, 20, ShampooGrafting.None)]
    [InlineData(33, 12, ShampooGrafting.None)]
    public void The_weights_are_those_of_the_straight_line_version(int rows, int columns, ShampooGrafting grafting)
    {
        var options = new ShampooOptions
        {
            LearningRate = new RampSchedule(0.01, 0.003, 8),
            Beta1 = new RampSchedule(0.85, 0.95, 12),
            Beta2 = 0.9,
            WeightDecay = 0.1,
            PreconditionFrequency = 3,
            Epsilon = 1e-8,
            Grafting = grafting,
            GraftingBeta2 = 0.8,
            GraftingEpsilon = 1e-9,
        };
        using TestModel model = TestModel.Matrices((rows, columns));
        float[] start = model.AllWeights();
        var reference = new ReferenceShampoo(start, rows, columns, options);
        using var shampoo = new Shampoo(model.Parameters, options, new StepOptions { TotalSteps = 20 });
        for (int step = 1; step <= 20; step++)
        {
            model.FillGradients(step);
            shampoo.Step();
            reference.Step(model.Parameters[0].Gradient.Span.ToArray(), options.LearningRate.At(step, 20), options.Beta1.At(step, 20));
            double deviation = Compare.Deviation(model.Parameters[0].Weights.Span, reference.Weights.ToRowMajorArray(), start);
            Assert.True(deviation < 2e-5, $"step {step}: {deviation:E2}");
        }
    }

    [Fact]
    public void Blocks_step_as_matrices_of_their_own()
    {
        const int Size = 10, Rows = 23, Columns = 14;
        using TestModel whole = TestModel.Matrices((Rows, Columns));
        using TestModel parts = TestModel.Matrices((10, 10), (10, 4), (10, 10), (10, 4), (3, 10), (3, 4));
        var options = new ShampooOptions { PreconditionFrequency = 2, BlockSize = Size };
        using var first = new Shampoo(whole.Parameters, options);
        using var second = new Shampoo(parts.Parameters, options);
        Cut(whole.Parameters[0].Weights.Span, i => parts.Parameters[i].Weights);
        for (int step = 1; step <= 6; step++)
        {
            whole.FillGradients(step);
            parts.FillGradients(step);
            Cut(whole.Parameters[0].Gradient.Span, i => parts.Parameters[i].Gradient);
            first.Step();
            second.Step();
        }

        float[][] stepped = [.. parts.Parameters.Select(parameter => parameter.Weights.Span.ToArray())];
        Cut(whole.Parameters[0].Weights.Span, i => parts.Parameters[i].Weights);
        for (int i = 0; i < stepped.Length; i++)
        {
            Compare.SameBits(stepped[i], parts.Parameters[i].Weights.Span);
        }

        static void Cut(ReadOnlySpan<float> matrix, Func<int, MemoryBlock> part)
        {
            for (int i = 0; i < Rows; i++)
            {
                for (int j = 0; j < Columns; j++)
                {
                    part((i / Size * 2) + (j / Size)).Span[(i % Size * (j < Size ? Size : Columns - Size)) + (j % Size)] = matrix[(i * Columns) + j];
                }
            }
        }
    }

    [Fact]
    public void A_vector_is_refused_with_the_optimizer_it_belongs_to()
    {
        using var model = new TestModel(("gain", [5], ParameterRole.Gain, null));
        var failure = Assert.Throws<OptimizerOptionsException>(() => new Shampoo(model.Parameters));
        Assert.Contains("belongs to AdamW", failure.Message, StringComparison.Ordinal);
    }
}
