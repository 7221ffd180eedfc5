namespace MuonSharp.Numerics.Tests;

public sealed class PortableMathTests
{
    [Fact]
    public void The_logarithm_agrees_with_the_system()
    {
        for (int i = 0; i < 100_000; i++)
        {
            double x = Math.Exp((i - 50_000) / 100.0 * 1.3);
            Assert.Equal(Math.Log(x), PortableMath.Log(x), 4e-16 * (1 + Math.Abs(Math.Log(x))));
        }

        Assert.Equal(0, PortableMath.Log(1));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void The_logarithm_of_anything_else_is_refused(double x) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => PortableMath.Log(x));

    [Fact]
    public void Sine_and_cosine_agree_with_the_system()
    {
        for (int i = -40_000; i <= 40_000; i++)
        {
            double turns = i / 10_007.0;
            (double sine, double cosine) = PortableMath.SinCosTurns(turns);
            (double expectedSine, double expectedCosine) = Math.SinCos(turns * 2 * Math.PI);
            Assert.Equal(expectedSine, sine, 6e-15);
            Assert.Equal(expectedCosine, cosine, 6e-15);
        }

        Assert.Equal((0, 1), PortableMath.SinCosTurns(0));
        Assert.Equal((1, 0), PortableMath.SinCosTurns(0.25));
        Assert.Equal((0, -1), PortableMath.SinCosTurns(-0.5));
    }
}
