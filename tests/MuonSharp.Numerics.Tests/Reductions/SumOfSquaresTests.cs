namespace MuonSharp.Numerics.Tests;

public unsafe class SumOfSquaresTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(15, 1e-3)]
    [InlineData(17, 1e3)]
    [InlineData(257, 1e-15)]
    [InlineData(1000, 1e15)]
    [InlineData(16385, 1e-25)]
    [InlineData(300, 1e-36)]
    [InlineData(5000, 1e30)]
    [InlineData(1100000, 1)]
    public void Equals_the_sum_in_double_precision_at_any_magnitude(int count, double scale)
    {
        using var values = new NativeBuffer(count);
        new RandomStream(1, "squares").FillNormal(values.AsSpan(), 0, 0);
        foreach (ref float value in values.AsSpan())
        {
            value *= (float)scale;
        }

        double expected = values.AsSpan().ToArray().Sum(value => (double)value * value);
        using var team = new WorkerTeam(3);
        double alone = Reductions.SumOfSquares(null, values.Pointer, count);
        Assert.Equal(1, alone / expected, 1e-6);
        Assert.Equal(alone, Reductions.SumOfSquares(team, values.Pointer, count));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void Is_not_finite_exactly_when_an_element_is_not(float bad)
    {
        using var values = new NativeBuffer(40);
        values.AsSpan().Fill(float.MaxValue);
        Assert.True(double.IsFinite(Reductions.SumOfSquares(null, values.Pointer, 40)));
        for (int i = 0; i < 40; i++)
        {
            float before = values.AsSpan()[i];
            values.AsSpan()[i] = bad;
            Assert.False(double.IsFinite(Reductions.SumOfSquares(null, values.Pointer, 40)));
            values.AsSpan()[i] = before;
        }
    }

    [Fact]
    public void Zeros_have_the_sum_zero()
    {
        using var values = new NativeBuffer(100);
        Assert.Equal(0, Reductions.SumOfSquares(null, values.Pointer, 100));
    }
}
