namespace MuonSharp.Optimizers.Tests;

/// <summary>A gradient may be missing for one matrix of a tensor: a stack of experts steps as the same experts would, each a parameter of its own.</summary>
public class IdleExpertTests
{
    private const int Experts = 3, Rows = 8, Columns = 6, Steps = 6;

    public static TheoryData<string, MissingGradient, bool> Cases =>
        [.. from name in ContractTable.Rows.Keys from rule in Enum.GetValues<MissingGradient>() from inOut in new[] { false, true } select (name, rule, inOut)];

    /// <summary>Expert 0 is idle now and then, expert 1 always, expert 2 never.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void An_expert_without_tokens_steps_as_a_parameter_without_a_gradient(string name, MissingGradient rule, bool inOut)
    {
        MatrixLayout single = inOut ? MatrixLayout.InOut : MatrixLayout.OutIn;
        int half = (inOut ? Columns : Rows) / 2;
        MatrixLayout stacked = single.Split(new("gate", half), new("up", half)).PerExpert();
        using var whole = new TestModel(("experts", [Experts, Rows, Columns], ParameterRole.Matrix, stacked));
        Parameter experts = whole.Parameters[0];
        using var apart = new TestModel([.. experts.Matrices.Select(slice =>
            (slice.Name, new[] { slice.Rows, slice.Columns }, ParameterRole.Matrix, (MatrixLayout?)single))]);
        ContractRow row = ContractTable.Rows[name];
        row = row with { Options = row.Options with { WeightDecay = 0.25, MissingGradient = rule } };
        using RoutedOptimizer one = row.Optimizer(whole);
        using RoutedOptimizer other = row.Optimizer(apart);
        Copy(experts.Matrices, experts.Weights, apart, static parameter => parameter.Weights);
        for (int step = 1; step <= Steps; step++)
        {
            whole.FillGradients(step);
            Copy(experts.Matrices, experts.Gradient, apart, static parameter => parameter.Gradient);
            whole.Store.Parameters[0].HasGradient = true;
            for (int matrix = 0; matrix < experts.Matrices.Length; matrix++)
            {
                bool idle = matrix / 2 == 1 || (matrix / 2 == 0 && step % 3 == 2);
                apart.Parameters[matrix].HasGradient = !idle;
                experts.SetGradientOf(matrix, !idle);
                if (idle)
                {
                    Fill(experts.Gradient, experts.Matrices[matrix], float.NaN);
                }
            }

            StepReport expected = other.Step();
            StepReport actual = one.Step();
            Assert.False(actual.Skipped);
            Assert.Equal(expected.GradientNorm, actual.GradientNorm, expected.GradientNorm * 1e-6);
            Assert.Equal(expected.Groups[0].UpdatedElements, actual.Groups[0].UpdatedElements);
            Assert.Equal(expected.MatricesOrthogonalized, actual.MatricesOrthogonalized);
            Assert.Equal(expected.UpdateRms, actual.UpdateRms, expected.UpdateRms * 1e-6);
        }

        for (int matrix = 0; matrix < experts.Matrices.Length; matrix++)
        {
            string part = experts.Matrices[matrix].Name;
            Compare.SameBits(apart.Parameters[matrix].Weights.Span, Gather(experts.Weights, experts.Matrices[matrix]));
            Assert.Equal(other.SaveCounters()[$"count/{part}"], one.SaveCounters()[$"count/experts/{part}"]);
        }

        Assert.Equal(rule == MissingGradient.Skip ? 0 : Steps, one.SaveCounters()["count/experts/1.up"]);
    }

    public static TheoryData<string, MissingGradient> Optimizers =>
        [.. from name in ContractTable.Rows.Keys from rule in Enum.GetValues<MissingGradient>() select (name, rule)];

    /// <summary>Where an operation says what took part, momentum that is there does not move an idle expert, and weight decay does not either.</summary>
    [Theory]
    [MemberData(nameof(Optimizers))]
    public void An_idle_expert_of_a_stack_that_is_marked_stays_as_it_is_whatever_is_said_of_missing_gradients(string name, MissingGradient rule)
    {
        using var model = new TestModel(("experts", [Experts, Rows, Columns], ParameterRole.Matrix, MatrixLayout.OutIn.PerExpert()));
        Parameter experts = model.Parameters[0];
        experts.MarkByMatrix();
        ContractRow row = ContractTable.Rows[name];
        row = row with { Options = row.Options with { WeightDecay = 0.25, MissingGradient = rule } };
        using RoutedOptimizer optimizer = row.Optimizer(model);
        for (int step = 1; step <= Steps; step++)
        {
            model.Store.ZeroGradients();
            Assert.False(experts.HasGradient);
            model.FillGradients(step);
            bool idle = step is 3 or 5;
            for (int matrix = 0; matrix < Experts; matrix++)
            {
                experts.SetGradientOf(matrix, matrix != 1 || !idle);
            }

            float[] before = experts.Weights.Span.ToArray();
            var state = optimizer.StateTensors.Select(tensor => Gather(tensor.Memory, experts.Matrices[1], experts.Length)).ToList();
            optimizer.Step();
            Assert.True(step == 1 || !experts.Weights.Span.SequenceEqual(before), "SOAP, whose first step only measures, and all others move the experts that work");
            if (idle)
            {
                Compare.SameBits(before.AsSpan(Rows * Columns, Rows * Columns), Gather(experts.Weights, experts.Matrices[1]));
                Assert.Equal(state, optimizer.StateTensors.Select(tensor => Gather(tensor.Memory, experts.Matrices[1], experts.Length)));
            }
        }

        Assert.Equal(Steps - 2, optimizer.SaveCounters()["count/experts/1"]);
    }

    [Fact]
    public void A_parameter_knows_its_gradient_by_matrix()
    {
        using var model = new TestModel(("experts", [2, 3, 4], ParameterRole.Matrix, MatrixLayout.OutIn.PerExpert()), ("gain", [5], ParameterRole.Gain, null));
        Parameter experts = model["experts"], gain = model["gain"];
        Assert.Equal((2, 0), (experts.Matrices.Length, gain.Matrices.Length));
        experts.SetGradientOf(0, false);
        Assert.Equal((true, false, true), (experts.HasGradient, experts.HasGradientOf(0), experts.HasGradientOf(1)));
        experts.SetGradientOf(1, false);
        Assert.False(experts.HasGradient);
        gain.SetGradientOf(0, false);
        Assert.False(gain.HasGradient);
        model.Store.ZeroGradients();
        Assert.True(experts.HasGradientOf(0) && experts.HasGradientOf(1) && gain.HasGradientOf(0));
        experts.HasGradient = false;
        Assert.False(experts.HasGradientOf(1));
        Assert.Contains("'experts' has the matrices 0 to 1; 2", Assert.Throws<ArgumentOutOfRangeException>(() => experts.HasGradientOf(2)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => gain.SetGradientOf(-1, true));
    }

    [Fact]
    public void Without_gradient_memory_no_matrix_has_one()
    {
        var builder = new ParameterStoreBuilder();
        Parameter experts = builder.Add("experts", [2, 3, 4], ParameterRole.Matrix, MatrixLayout.OutIn.PerExpert());
        using ParameterStore store = builder.Build(gradients: false);
        experts.SetGradientOf(1, true);
        Assert.False(experts.HasGradient);
    }

    private static void Copy(IReadOnlyList<MatrixSlice> slices, MemoryBlock tensor, TestModel apart, Func<Parameter, MemoryBlock> of)
    {
        for (int i = 0; i < slices.Count; i++)
        {
            Gather(tensor, slices[i]).CopyTo(of(apart.Parameters[i]).Span);
        }
    }

    private static float[] Gather(MemoryBlock tensor, MatrixSlice slice)
    {
        float[] values = new float[slice.Length];
        for (int row = 0; row < slice.Rows; row++)
        {
            tensor.Span.Slice(slice.Offset + (row * slice.RowStride), slice.Columns).CopyTo(values.AsSpan(row * slice.Columns));
        }

        return values;
    }

    /// <summary>A matrix of a state tensor that has the stack's shape; of others nothing.</summary>
    private static float[] Gather(MemoryBlock tensor, MatrixSlice slice, int length) => tensor.Length == length ? Gather(tensor, slice) : [];

    private static void Fill(MemoryBlock tensor, MatrixSlice slice, float value)
    {
        for (int row = 0; row < slice.Rows; row++)
        {
            tensor.Span.Slice(slice.Offset + (row * slice.RowStride), slice.Columns).Fill(value);
        }
    }
}
