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
}
