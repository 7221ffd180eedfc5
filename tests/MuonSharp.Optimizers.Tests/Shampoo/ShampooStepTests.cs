namespace MuonSharp.Optimizers.Tests;

/// <summary>What the contract table does not say.</summary>
public class ShampooStepTests
{
    [Fact]
    public void Blocks_step_as_matrices_of_their_own()
    {
        const int Size = 10, Rows = 23, Columns = 14;
        using TestModel whole = TestModel.Matrices((Rows, Columns));
        using TestModel parts = TestModel.Matrices((10, 10), (10, 4), (10, 10), (10, 4), (3, 10), (3, 4));
        var options = new ShampooOptions { PreconditionFrequency = 2, BlockSize = Size };
        using Optimizer first = options.Create(whole.Parameters);
        using Optimizer second = options.Create(parts.Parameters);
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
        OptimizerOptionsException failure = Assert.Throws<OptimizerOptionsException>(() => new ShampooOptions().Create(model.Parameters));
        Assert.Contains("belongs to AdamW", failure.Message, StringComparison.Ordinal);
    }
}
