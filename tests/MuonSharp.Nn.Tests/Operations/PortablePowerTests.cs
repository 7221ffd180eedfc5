namespace MuonSharp.Nn.Tests.Operations;

/// <summary>Powers for tables.</summary>
public class PortablePowerTests
{
    [Theory]
    [InlineData(10000, 0)]
    [InlineData(10000, -1)]
    [InlineData(10000, -0.46875)]
    [InlineData(500000, -0.984375)]
    [InlineData(1.5, 7.25)]
    [InlineData(0.25, 3.5)]
    public void Powers_are_those_of_the_system_within_rounding(double number, double exponent)
    {
        double expected = Math.Pow(number, exponent);

        Assert.Equal(1, PortablePower.Of(number, exponent) / expected, 1e-14);
    }
}
