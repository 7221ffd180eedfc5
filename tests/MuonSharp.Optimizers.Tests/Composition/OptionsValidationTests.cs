namespace MuonSharp.Optimizers.Tests;

public class OptionsValidationTests
{
    [Fact]
    public void All_problems_are_reported_at_once()
    {
        using TestModel model = TestModel.Matrices((4, 4));
        var options = new MuonOptions { LearningRate = -1, WeightDecay = double.NaN, Momentum = 1 };
        OptimizerOptionsException exception = Assert.Throws<OptimizerOptionsException>(
            () => new Muon(model.Parameters, options, new StepOptions { TotalSteps = -2, MaximumGradientNorm = 0 }));
        Assert.Equal(
            [
                "total steps must be >= 0, not -2",
                "the maximum gradient norm must be > 0, not 0",
                "learning rate must be >= 0 and finite, not -1",
                "weight decay must be >= 0 and finite, not NaN",
                "momentum must be in [0, 1), not 1",
            ],
            exception.Problems);
        Assert.StartsWith("[muon] total steps", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Groups_name_their_problems()
    {
        using TestModel model = TestModel.Language();
        ParameterGroup[] groups =
        [
            new("same", [model["wte"]], new AdamWOptions { Beta2 = 1 }),
            new("same", [model["wte"], model["head"]], new AdamWOptions { Epsilon = 0 }),
            new("empty", [], new MuonOptions()),
        ];
        OptimizerOptionsException exception = Assert.Throws<OptimizerOptionsException>(() => new AdamW(groups));
        Assert.Equal(
            [
                "group 'same': beta2 must be in [0, 1), not 1",
                "group 'same': two groups have this name",
                "group 'same': epsilon must be finite and a normal float32 (1.18E-38 or more), not 0",
                "group 'same': parameter 'wte' is given twice",
                "group 'empty': the group has no parameters",
                "group 'empty': options must be AdamWOptions, not MuonOptions",
            ],
            exception.Problems);
    }

    [Theory]
    [InlineData(1e-60)]
    [InlineData(1e-39)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NaN)]
    public void An_epsilon_that_float32_cannot_hold_is_refused(double epsilon) =>
        Assert.StartsWith("epsilon must be", Assert.Single(new AdamWOptions { Epsilon = epsilon }.Problems()), StringComparison.Ordinal);

    [Fact]
    public void A_vector_is_no_matrix_for_muon()
    {
        using TestModel model = TestModel.Language(layers: 1);
        OptimizerOptionsException exception = Assert.Throws<OptimizerOptionsException>(() => new Muon(model.Parameters, learningRate: 0.1));
        Assert.Equal(2, exception.Problems.Count);
        Assert.Contains("'h.0.ln.weight' [24] is no matrix", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_schedule_that_ends_needs_the_length_of_the_run()
    {
        var options = new MuonOptions { LearningRate = new CosineSchedule(0.02) };
        Assert.Equal(["learning rate follows a schedule that ends, so total steps must be given"], options.Problems());
        Assert.Empty(options.Problems(totalSteps: 100));
    }

    [Fact]
    public void A_store_for_inference_cannot_be_stepped()
    {
        var builder = new ParameterStoreBuilder();
        builder.Add("w", [3, 3], ParameterRole.Matrix);
        using ParameterStore store = builder.Build(gradients: false);
        OptimizerOptionsException exception = Assert.Throws<OptimizerOptionsException>(() => new RoutedOptimizer(store));
        Assert.Contains("parameter 'w' has no gradient memory", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_optimizer_without_groups_is_refused() => Assert.Throws<OptimizerOptionsException>(() => new Muon(Array.Empty<ParameterGroup>()));

    [Fact]
    public unsafe void Two_parameters_over_one_memory_are_refused_and_both_are_named()
    {
        MemoryBlock weights = MemoryBlock.Of(new float[12]), gradients = MemoryBlock.Of(new float[12]), own = MemoryBlock.Of(new float[6]);
        Parameter Over(string name, MemoryBlock memory, int start, MemoryBlock gradient) =>
            new(name, [2, 3], ParameterRole.Matrix, new MemoryBlock(memory.Address + start, 6, memory.Owner), gradient);
        Parameter a = Over("a", weights, 0, new MemoryBlock(gradients.Address, 6, gradients.Owner));
        Parameter b = Over("b", weights, 6, new MemoryBlock(gradients.Address + 6, 6, gradients.Owner));
        Parameter c = Over("c", weights, 5, own);
        new Muon([a, b], learningRate: 0.1).Dispose();
        Assert.Equal(
            ["the weights of 'a' and the weights of 'c' lie in the same memory; every tensor needs its own"],
            Assert.Throws<OptimizerOptionsException>(() => new Muon([a, c], learningRate: 0.1)).Problems);
        Assert.Equal(
            ["the weights of 'c' and the weights of 'b' lie in the same memory; every tensor needs its own"],
            Assert.Throws<OptimizerOptionsException>(() => new RoutedOptimizer([b, c])).Problems);
        Parameter d = Over("d", weights, 0, weights.Length == 12 ? new MemoryBlock(weights.Address + 6, 6, weights.Owner) : default);
        Assert.Equal(2, Assert.Throws<OptimizerOptionsException>(() => new AdamW([d, a, b], 0.1)).Problems.Count);
    }
}
