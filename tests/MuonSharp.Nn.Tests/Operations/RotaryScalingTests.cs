namespace MuonSharp.Nn.Tests.Operations;

/// <summary>Scaled frequencies against the formulas in straight lines; Llama 3's and YaRN's are held to transformers' numbers by golden models too.</summary>
public sealed class RotaryScalingTests
{
    [Fact]
    public void Linear_divides_every_frequency()
    {
        RotaryFrequencies scaled = new LinearRotaryScaling { Factor = 4 }.Apply(8, 10000);
        Assert.Equal(1, scaled.Magnitude);
        Assert.Equal([0.25, 0.025, 0.0025, 0.00025], scaled.Radians, Near);
    }

    [Fact]
    public void Llama3_divides_slow_ones_keeps_fast_ones_and_blends_between()
    {
        // Wavelengths 2π/radians of base 10000, width 8: 6.28, 62.8, 628, 6283. With an original context of 400 and 1 and 4 turns the borders are 400 and 100.
        RotaryFrequencies scaled = new Llama3RotaryScaling { Factor = 8, OriginalContext = 400 }.Apply(8, 10000);
        Assert.Equal([1, 0.1, 0.01 / 8, 0.001 / 8], scaled.Radians, Near);

        // Original context 128: the second has 128 · 0.1 / 2π = 2.0372 turns, a share of 0.34573.
        RotaryFrequencies blended = new Llama3RotaryScaling { Factor = 8, OriginalContext = 128 }.Apply(8, 10000);
        double share = ((12.8 / (2 * Math.PI)) - 1) / 3;
        Assert.Equal((0.1 / 8 * (1 - share)) + (0.1 * share), blended.Radians[1], 1e-14);
    }

    [Fact]
    public void Yarn_interpolates_slow_pairs_and_enlarges_what_is_turned()
    {
        // d(r) = 32 ln(64 / 2πr) / (2 ln 10000): d(32) is below 0, d(1) = 4.03, so the share rises from 0 at pair 0 to 1 at pair 5.
        RotaryFrequencies scaled = new YarnRotaryScaling { Factor = 4, OriginalContext = 64 }.Apply(32, 10000);
        Assert.Equal((0.1 * Math.Log(4)) + 1, scaled.Magnitude, 1e-14);
        for (int pair = 0; pair < 16; pair++)
        {
            double plain = Math.Pow(10000, -2.0 * pair / 32), share = Math.Min(1, pair / 5.0);
            Assert.Equal((plain / 4 * share) + (plain * (1 - share)), scaled.Radians[pair], 1e-13);
        }

        Assert.Equal(1, new YarnRotaryScaling { Factor = 4, OriginalContext = 64, FirstScale = 1, ScaleOfAll = 1 }.Apply(32, 10000).Magnitude);
        Assert.Equal(1.5, new YarnRotaryScaling { Factor = 4, OriginalContext = 64, GivenMagnitude = 1.5 }.Apply(32, 10000).Magnitude);
        double all = (0.1 * 0.5 * Math.Log(4)) + 1;
        Assert.Equal(all * all, new YarnRotaryScaling { Factor = 4, OriginalContext = 64, ScaleOfAll = 0.5 }.LogitFactor, 1e-14);
    }

    [Fact]
    public void Numbers_that_make_no_sense_are_named() => Assert.All(
        new RotaryScaling[]
        {
            new LinearRotaryScaling { Factor = 0 }, new Llama3RotaryScaling { Factor = 2, OriginalContext = 0 }, new Llama3RotaryScaling { Factor = 2, OriginalContext = 8, LowFrequencyFactor = 4 },
            new YarnRotaryScaling { Factor = 2, OriginalContext = 8, SlowTurns = 40 }, new YarnRotaryScaling { Factor = double.NaN, OriginalContext = 8 },
        },
        scaling => Assert.Single(scaling.Problems()));

    private static bool Near(double expected, double actual) => Math.Abs(expected - actual) <= 1e-14 * expected;
}
