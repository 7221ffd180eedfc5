using System.Collections.Immutable;

namespace MuonSharp.Optimizers.Tests;

/// <summary>Tensors that hold several independent matrices beside parts: experts, heads, filters.</summary>
public class StackedLayoutTests
{
    public static TheoryData<string, bool> Optimizers =>
    [
        ("default", true), ("default", false), ("keller-jordan", true), ("normuon", true), ("normuon", false), ("airbench94", false),
        ("soap", true), ("soap", false), ("shampoo", true), ("shampoo", false),
    ];

    [Fact]
    public void Experts_and_heads_are_slices_with_names_of_their_own()
    {
        MatrixLayout experts = MatrixLayout.OutIn.Split(new("gate", 3), new("up", 2)).PerExpert();
        Assert.Equal(
            [("0.gate", 0, 3), ("0.up", 12, 2), ("1.gate", 20, 3), ("1.up", 32, 2)],
            experts.Matrices([2, 5, 4]).Select(slice => (slice.Name, slice.Offset, slice.Rows)));
        Assert.Equal(
            [("0", 0, 4, 5), ("1", 20, 4, 5)],
            MatrixLayout.InOut.PerExpert().Matrices([2, 4, 5]).Select(slice => (slice.Name, slice.Offset, slice.FanIn, slice.FanOut)));
        MatrixLayout heads = MatrixLayout.InOut.Split(new("query", 6, 3), new("value", 2)).PerHead();
        Assert.Equal(
            [("query.0", 0, 2), ("query.1", 2, 2), ("query.2", 4, 2), ("value", 6, 2)],
            heads.Matrices([4, 8]).Select(slice => (slice.Name, slice.Offset, slice.FanOut)));
        Assert.Equal(new HeadRange(4, 2), heads.Head("query", 2));
        Assert.True(experts.SplitsExperts && heads.SplitsHeads && heads.PerExpert().SplitsHeads && experts.PerHead().SplitsExperts);
    }

    [Fact]
    public void A_stack_of_experts_has_three_axes() =>
        Assert.Throws<ArgumentException>(() => new ParameterStoreBuilder().Add("w", [4, 6], ParameterRole.Matrix, MatrixLayout.OutIn.PerExpert()));

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void Stacked_experts_step_exactly_as_separate_ones_would(string optimizer, bool outIn)
    {
        MatrixLayout layout = (outIn ? MatrixLayout.OutIn : MatrixLayout.InOut).Split(new("gate", 11), new("up", 7));
        StepsAsItsMatricesAlone(optimizer, layout.PerExpert(), outIn ? [3, 18, 10] : [3, 10, 18], 6);
    }

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void Heads_step_exactly_as_heads_stored_alone_would(string optimizer, bool outIn)
    {
        MatrixLayout layout = (outIn ? MatrixLayout.OutIn : MatrixLayout.InOut).Split(new("query", 12, 3), new("key", 4, 1), new("value", 5));
        StepsAsItsMatricesAlone(optimizer, layout.PerHead(), outIn ? [21, 10] : [10, 21], 5);
    }

    [Theory]
    [InlineData("default")]
    [InlineData("normuon")]
    [InlineData("soap")]
    public void A_filter_bank_steps_exactly_as_its_matrix_would(string optimizer) =>
        StepsAsItsMatricesAlone(optimizer, MatrixLayout.OutIn, [6, 3, 2, 2], 1);

    /// <summary>The tensor against one parameter a matrix, to the last bit.</summary>
    private static void StepsAsItsMatricesAlone(string optimizer, MatrixLayout layout, int[] shape, int matrices)
    {
        using var whole = new TestModel(("whole", shape, ParameterRole.Matrix, layout));
        ImmutableArray<MatrixSlice> slices = layout.Matrices([.. shape]);
        MatrixLayout single = layout.Orientation == MatrixOrientation.OutIn ? MatrixLayout.OutIn : MatrixLayout.InOut;
        using var parts = new TestModel([.. slices.Select((slice, i) =>
            ($"part{i}", new[] { slice.Rows, slice.Columns }, ParameterRole.Matrix, (MatrixLayout?)single))]);
        Assert.Equal(matrices, slices.Length);
        using RoutedOptimizer one = Make(whole);
        using RoutedOptimizer other = Make(parts);
        Distribute(static parameter => parameter.Weights);
        for (int step = 1; step <= 4; step++)
        {
            whole.FillGradients(step);
            parts.FillGradients(step);
            Distribute(static parameter => parameter.Gradient);
            one.Step();
            other.Step();
        }

        for (int i = 0; i < slices.Length; i++)
        {
            Compare.SameBits(parts.Parameters[i].Weights.Span, Gather(whole.Parameters[0].Weights.Span, slices[i]));
        }

        RoutedOptimizer Make(TestModel model) => new(model.Parameters, Route.Split(
            optimizer switch
            {
                "soap" => new SoapOptions { PreconditionFrequency = 2 },
                "shampoo" => new ShampooOptions { PreconditionFrequency = 2 },
                _ => MuonPresets.ByName[optimizer] with { WeightDecay = 0.1 },
            },
            new AdamWOptions()));

        void Distribute(Func<Parameter, MemoryBlock> of)
        {
            for (int i = 0; i < slices.Length; i++)
            {
                Gather(of(whole.Parameters[0]).Span, slices[i]).CopyTo(of(parts.Parameters[i]).Span);
            }
        }
    }

    private static float[] Gather(ReadOnlySpan<float> tensor, MatrixSlice slice)
    {
        float[] values = new float[slice.Length];
        for (int row = 0; row < slice.Rows; row++)
        {
            tensor.Slice(slice.Offset + (row * slice.RowStride), slice.Columns).CopyTo(values.AsSpan(row * slice.Columns));
        }

        return values;
    }
}
