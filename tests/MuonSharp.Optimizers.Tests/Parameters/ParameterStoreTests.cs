namespace MuonSharp.Optimizers.Tests;

public unsafe class ParameterStoreTests
{
    [Fact]
    public void Parameters_lie_in_order_each_on_a_cache_line()
    {
        var builder = new ParameterStoreBuilder();
        Parameter a = builder.Add("a", [3, 5], ParameterRole.Matrix);
        Parameter b = builder.Add("b", [17], ParameterRole.Gain);
        Parameter c = builder.Add("c", [1], ParameterRole.Bias);
        using ParameterStore store = builder.Build(gradients: true);
        Assert.Equal(["a", "b", "c"], store.Parameters.Select(p => p.Name));
        Assert.True(a.Weights.Address == store.Weights && b.Weights.Address == store.Weights + 16 && c.Weights.Address == store.Weights + 48);
        Assert.True(a.Gradient.Address == store.Gradients && c.Gradient.Address == store.Gradients + 48);
        Assert.Equal((64, 33), (store.Length, store.ElementCount));
        Assert.Equal(0, (nint)store.Weights % 64);
        Assert.Same(b, store["b"]);
        Assert.False(store.TryGet("d", out _));
        Assert.Throws<KeyNotFoundException>(() => store["d"]);
    }

    [Fact]
    public void A_store_for_inference_has_no_gradients()
    {
        var builder = new ParameterStoreBuilder();
        Parameter a = builder.Add("a", [3, 5], ParameterRole.Matrix);
        using ParameterStore store = builder.Build(gradients: false);
        Assert.True(store.Gradients is null && a.Gradient.IsEmpty && !store.HasGradients);
        a.HasGradient = true;
        Assert.False(a.HasGradient);
        Assert.Throws<InvalidOperationException>(store.ZeroGradients);
    }

    [Fact]
    public void Zeroing_clears_every_gradient_and_brings_missing_ones_back()
    {
        using TestModel model = TestModel.Language();
        model.FillGradients(1);
        model["wte"].HasGradient = false;
        model.Store.ZeroGradients();
        Assert.All(model.Parameters, p => Assert.True(p.HasGradient));
        Assert.All(model.Parameters, p => Assert.All(p.Gradient.Span.ToArray(), g => Assert.Equal(0, g)));
    }

    [Fact]
    public void Mistakes_are_refused()
    {
        var builder = new ParameterStoreBuilder();
        Assert.Throws<InvalidOperationException>(() => builder.Build(true));
        builder.Add("a", [2, 2], ParameterRole.Matrix);
        Assert.Throws<ArgumentException>(() => builder.Add("a", [2, 2], ParameterRole.Matrix));
        Assert.Throws<ArgumentException>(() => builder.Add("b", [2, 0], ParameterRole.Matrix));
        Assert.Throws<ArgumentException>(() => builder.Add("c", [1 << 20, 1 << 20], ParameterRole.Matrix));
        Assert.Throws<ArgumentException>(() => builder.Add("d", [], ParameterRole.Matrix));
        using ParameterStore store = builder.Build(true);
        Assert.Throws<InvalidOperationException>(() => builder.Build(true));
    }

    [Fact]
    public void Ordinary_arrays_are_stepped_in_place()
    {
        float[] weights = [1, 2, 3, 4], gradient = [1, 0, 0, 1];
        var parameter = new Parameter("w", [2, 2], ParameterRole.Matrix, MemoryBlock.Of(weights), MemoryBlock.Of(gradient));
        using var muon = new Muon([parameter], learningRate: 0.5f, momentum: 0.95f);
        GC.Collect();
        muon.Step();

        // The gradient is a multiple of the identity: its polar factor is the identity, each singular value about 0.7 to 1.2.
        Assert.Equal([2f, 3f], weights[1..3]);
        Assert.InRange(1 - weights[0], 0.5f * 0.65f, 0.5f * 1.25f);
        Assert.InRange(4 - weights[3], 0.5f * 0.65f, 0.5f * 1.25f);
    }

    [Fact]
    public void Memory_of_the_wrong_size_is_refused()
    {
        MemoryBlock three = MemoryBlock.Of(new float[3]), four = MemoryBlock.Of(new float[4]);
        Assert.Throws<ArgumentException>(() => new Parameter("w", [2, 2], ParameterRole.Matrix, three, four));
        Assert.Throws<ArgumentException>(() => new Parameter("w", [2, 2], ParameterRole.Matrix, four, three));
        Assert.Throws<ArgumentException>(() => new MemoryBlock(null, 2));
        Assert.True(four == new MemoryBlock(four.Address, 4) && four != three);
    }

    [Fact]
    public void Buffers_lie_beside_the_parameters_and_keep_their_initial_value()
    {
        var builder = new ParameterStoreBuilder();
        ModelBuffer mean = builder.AddBuffer("norm.mean", [5]);
        Parameter w = builder.Add("w", [3, 5], ParameterRole.Router);
        ModelBuffer variance = builder.AddBuffer("norm.variance", [5, 4], initial: 1, saved: false);
        Assert.Throws<ArgumentException>(() => builder.AddBuffer("w", [1]));
        Assert.Throws<ArgumentException>(() => builder.Add("norm.mean", [1], ParameterRole.Gain));
        Assert.Throws<ArgumentException>(() => builder.AddBuffer("empty", [0]));
        using ParameterStore store = builder.Build(gradients: true);
        Assert.Equal([mean, variance], store.Buffers);
        Assert.Equal([w], store.Parameters);
        Assert.Equal((true, false, 20), (mean.IsSaved, variance.IsSaved, variance.Length));
        Assert.All(mean.Values.Span.ToArray(), value => Assert.Equal(0, value));
        Assert.All(variance.Values.Span.ToArray(), value => Assert.Equal(1, value));
        Assert.True((nint)variance.Values.Address % 64 == 0 && variance.Values.Address == mean.Values.Address + 16);
        Assert.Throws<ArgumentException>(() => builder.AddBuffer("late", [1]));
        using RoutedOptimizer optimizer = new(store);
        Assert.Equal("auxiliary", Assert.Single(optimizer.Plan.Rows).Group);
    }

    [Fact]
    public void A_buffer_of_the_callers_memory_keeps_its_values()
    {
        var buffer = new ModelBuffer("table", [2], MemoryBlock.Of([3, 4]), saved: false);
        Assert.Equal([3, 4], buffer.Values.Span.ToArray());
        Assert.Throws<ArgumentException>(() => new ModelBuffer("table", [3], MemoryBlock.Of([3, 4])));
    }

    [Fact]
    public void A_store_tells_its_size_before_it_is_built()
    {
        var builder = new ParameterStoreBuilder();
        Parameter[] parameters = [builder.Add("a", [3, 5], ParameterRole.Matrix), builder.Add("b", [17], ParameterRole.Gain)];
        ModelBuffer buffer = builder.AddBuffer("c", [17]);
        Assert.Equal((48, 32), (ParameterStore.PlannedLength(parameters), ParameterStore.PlannedLength([buffer])));
        using ParameterStore store = builder.Build(gradients: false);
        Assert.Equal(48, store.Length);
    }

    [Fact]
    public void What_is_used_before_the_store_is_built_says_so()
    {
        var builder = new ParameterStoreBuilder();
        Parameter w = builder.Add("w", [3, 5], ParameterRole.Matrix);
        ModelBuffer c = builder.AddBuffer("c", [5]);
        string[] messages =
        [
            Assert.Throws<InvalidOperationException>(() => w.Weights.Span[0] = 1).Message,
            Assert.Throws<InvalidOperationException>(() => w.Gradient.Span[0] = 1).Message,
            Assert.Throws<InvalidOperationException>(() => c.Values.Span[0] = 1).Message,
        ];
        Assert.All(messages, message => Assert.Contains("call Build first", message, StringComparison.Ordinal));
        Assert.Contains("'w'", messages[0], StringComparison.Ordinal);
        using ParameterStore store = builder.Build(gradients: true);
        w.Weights.Span[14] = 1;
    }

    [Fact]
    public void Memory_of_a_disposed_store_is_refused()
    {
        TestModel model = TestModel.Matrices((3, 4));
        Parameter parameter = model.Parameters[0];
        using var optimizer = new Muon(model.Parameters, learningRate: 0.1);
        MemoryBlock momentum = optimizer.StateTensors[0].Memory;
        model.Dispose();
        optimizer.Dispose();
        Assert.All(new[] { parameter.Weights, parameter.Gradient, momentum }, memory =>
            Assert.Contains("was disposed", Assert.Throws<ObjectDisposedException>(() => memory.Span[0]).Message, StringComparison.Ordinal));
    }
}
