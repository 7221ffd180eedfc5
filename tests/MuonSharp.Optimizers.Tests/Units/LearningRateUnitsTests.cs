namespace MuonSharp.Optimizers.Tests;

public class LearningRateUnitsTests
{
    private static readonly UpdateScale[] s_units =
        [UpdateScale.Original, UpdateScale.MatchRmsAdamW, UpdateScale.SpectralUnclamped, UpdateScale.None, LearningRateUnits.MuP(16, 48)];

    [Theory]
    [InlineData("original", "match-rms-adamw", 768, 768, 0.003608439)] // 0.02 / (0.2 sqrt(768))
    [InlineData("original", "match-rms-adamw", 3072, 768, 0.003608439)] // 0.02 · 2 / (0.2 sqrt(3072))
    [InlineData("original", "match-rms-adamw", 768, 3072, 0.001804220)] // 0.02 / (0.2 sqrt(3072))
    [InlineData("match-rms-adamw", "original", 768, 768, 0.110851252)] // 0.02 · 0.2 sqrt(768)
    [InlineData("original", "spectral-unclamped", 768, 3072, 0.04)] // 0.02 / sqrt(1/4)
    [InlineData("original", "spectral-unclamped", 3072, 768, 0.02)]
    [InlineData("spectral-unclamped", "none", 3072, 768, 0.04)]
    public void A_rate_is_converted_by_the_published_formulas(string from, string to, int fanOut, int fanIn, double expected) => Assert.Equal(
        expected, LearningRateUnits.Convert(0.02, UpdateScale.ByName[from], UpdateScale.ByName[to], fanOut, fanIn), 1e-9);

    [Fact]
    public void A_rate_in_units_of_muP_is_AdamW_s_at_the_base_width()
    {
        // A model three times as wide as its base: AdamW would take a third there, so the rate of the base is three times as great.
        UpdateScale unit = LearningRateUnits.MuP(baseWidth: 256, width: 768);
        Assert.Equal("mup-256", unit.Name);
        Assert.Equal(0.010825318, LearningRateUnits.Convert(0.02, UpdateScale.Original, unit, 768, 768), 1e-9);
        Assert.Equal(0.003, LearningRateUnits.Convert(0.001, UpdateScale.MatchRmsAdamW, unit, 3072, 768), 1e-12);
        Assert.Equal(0.001, LearningRateUnits.Convert(0.001, UpdateScale.MatchRmsAdamW, LearningRateUnits.MuP(512, 512), 99, 512), 1e-12);
    }

    [Fact]
    public void From_AdamW_s_units_to_the_original_s_it_is_a_fifth_of_the_root_of_the_fan_in_for_every_shape()
    {
        foreach ((int fanOut, int fanIn) in new[] { (1, 1), (1, 900), (900, 1), (64, 64), (640, 64), (64, 640), (257, 513) })
        {
            Assert.Equal(
                0.2 * Math.Sqrt(fanIn), LearningRateUnits.Convert(1, UpdateScale.MatchRmsAdamW, UpdateScale.Original, fanOut, fanIn), 1e-9);
        }
    }

    [Theory]
    [InlineData(24, 24)]
    [InlineData(48, 20)]
    [InlineData(20, 48)]
    public void A_converted_rate_makes_the_same_step_in_every_unit(int fanOut, int fanIn)
    {
        const double Rate = 0.03, Decay = 0.2;
        foreach (UpdateScale from in s_units)
        {
            foreach (UpdateScale to in s_units)
            {
                double rate = LearningRateUnits.Convert(Rate, from, to, fanOut, fanIn);
                using TestModel one = TestModel.Matrices((fanOut, fanIn));
                using TestModel other = TestModel.Matrices((fanOut, fanIn));
                float[] start = one.AllWeights();
                using var first = new Muon(one.Parameters, new MuonOptions { Scale = from, LearningRate = Rate, WeightDecay = Decay });
                using var second = new Muon(other.Parameters, new MuonOptions { Scale = to, LearningRate = rate, WeightDecay = Decay * Rate / rate });
                for (int step = 1; step <= 3; step++)
                {
                    one.FillGradients(step);
                    other.FillGradients(step);
                    first.Step();
                    second.Step();
                }

                double deviation = Compare.Deviation(other.AllWeights(), [.. one.AllWeights().Select(weight => (double)weight)], start);
                Assert.True(deviation < 2e-6, $"{from.Name} to {to.Name}: {deviation:E2}");
            }
        }
    }

    [Fact]
    public void Rates_and_sizes_that_are_none_are_refused()
    {
        Assert.Throws<ArgumentException>(() => LearningRateUnits.Convert(-1, UpdateScale.None, UpdateScale.None, 1, 1));
        Assert.Throws<ArgumentException>(() => LearningRateUnits.Convert(double.NaN, UpdateScale.None, UpdateScale.None, 1, 1));
        Assert.Throws<ArgumentException>(() => LearningRateUnits.Convert(1, UpdateScale.None, UpdateScale.None, 0, 1));
        Assert.Throws<ArgumentException>(() => LearningRateUnits.MuP(0, 64));
    }

    [Theory]
    [InlineData("default", 3e-4, "[learning rate] 0.0003 is small for the factor 'original', where 0.005 to 0.02 is usual; meant in the unit of 'match-rms-adamw' it would be 0.00166 here (matrices of [768, 768])")]
    [InlineData("torch", 1e-4, "would be 0.000554")]
    [InlineData("moonlight", 0.02, "[learning rate] 0.02 is large for the factor 'match-rms-adamw', where 0.0002 to 0.004 is usual; meant in the unit of 'original' it would be 0.00361 here")]
    [InlineData("kimi-k2", 0.05, "would be 0.00902")]
    public void A_rate_that_looks_meant_in_another_unit_is_remarked_on(string preset, double rate, string expected)
    {
        MuonOptions options = MuonPresets.ByName[preset] with { LearningRate = new CosineSchedule(rate) };
        Assert.Contains(expected, LearningRateUnits.Check(options, [(3072, 768), (768, 768), (768, 768)]), StringComparison.Ordinal);
    }

    [Fact]
    public void The_references_own_rates_are_never_remarked_on()
    {
        foreach (int width in new[] { 32, 128, 768, 8192 })
        {
            (int, int)[] shapes = [(width, width), (4 * width, width), (width, 4 * width)];
            Assert.All(MuonPresets.ByName.Values.Append(new MuonOptions()), options => Assert.Null(LearningRateUnits.Check(options, shapes)));
            Assert.Null(LearningRateUnits.Check(MuonPresets.Moonlight with { LearningRate = 4e-3 }, shapes));
            Assert.Null(LearningRateUnits.Check(MuonPresets.KellerJordan with { LearningRate = 0.1 }, shapes));
        }
    }

    [Fact]
    public void What_cannot_be_judged_is_left_alone()
    {
        (int, int)[] shapes = [(768, 768)];
        Assert.Null(LearningRateUnits.Check(new MuonOptions { LearningRate = 0 }, shapes));
        Assert.Null(LearningRateUnits.Check(new MuonOptions { LearningRate = 3e-4 }, []));
        Assert.Null(LearningRateUnits.Check(new AdamWOptions { LearningRate = 0.02 }, shapes));
        Assert.Null(LearningRateUnits.Check(new MuonOptions { LearningRate = 3e-4, Scale = new UpdateScale("own", (_, _) => 5) }, shapes));

        // Between a fan-in of 25, where the units agree, and 100 a mistake changes the step by less than 2.
        Assert.Null(LearningRateUnits.Check(new MuonOptions { LearningRate = 3e-4 }, [(64, 64)]));
        Assert.NotNull(LearningRateUnits.Check(new MuonOptions { LearningRate = 3e-4 }, [(128, 128)]));
    }

    [Fact]
    public void A_routing_is_looked_at_group_by_group()
    {
        using TestModel model = TestModel.Language(width: 128);
        Assert.Single(LearningRateUnits.Check(RoutingPlan.Make(model.Parameters, Route.Muon(new MuonOptions { LearningRate = 1e-4 }))));
        Assert.Empty(LearningRateUnits.Check(RoutingPlan.Make(model.Parameters, Route.Muon())));
        Assert.Empty(LearningRateUnits.Check(RoutingPlan.Make(model.Parameters, Route.AdamW(new AdamWOptions { LearningRate = 0.02 }))));
    }
}
