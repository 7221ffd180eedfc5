using System.Collections.Immutable;

namespace MuonSharp.Optimizers.Tests;

public class QuinticScheduleTests
{
    [Fact]
    public void Steps_are_counted_and_a_schedule_belongs_to_its_length()
    {
        Assert.Equal(3, NewtonSchulz.Jordan5.WithSteps(3).Steps.Length);
        Assert.Equal("newton-schulz/jordan3", NewtonSchulz.Jordan5.WithSteps(3).Name);
        Assert.Equal("newton-schulz/jordan12", NewtonSchulz.Jordan5.WithSteps(3).WithSteps(12).Name);
        Assert.Equal("newton-schulz/own2", new NewtonSchulz("own", [new(1, 0, 0)]).WithSteps(2).Name);
        Assert.Same(NewtonSchulz.PolarExpress5, NewtonSchulz.PolarExpress5.WithSteps(5));
        Assert.Contains("length of 5", Assert.Throws<ArgumentException>(() => NewtonSchulz.PolarExpress5.WithSteps(4)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => NewtonSchulz.Jordan5.WithSteps(0));
        Assert.Throws<ArgumentException>(() => QuinticSchedules.Jordan(QuinticSchedules.MaximumSteps + 1));
        Assert.Throws<ArgumentException>(() => new NewtonSchulz("nan", [new(double.NaN, 0, 0)]));
        Assert.Throws<ArgumentException>(() => new GramNewtonSchulz("none", []));
        Assert.Throws<ArgumentException>(() => new GramNewtonSchulz("factor", QuinticSchedules.Jordan5, 0));
    }

    [Fact]
    public void Epsilon_the_factor_and_the_floor_enter_the_division()
    {
        NewtonSchulz identity = new("identity", [new(1, 0, 0)], epsilon: 0.5, normFactor: 2);
        Assert.Equal(3 / 6.5f, OrthogonalizerCase.Run(identity, [3], 1, 1)[0], 1e-6f);
        Assert.Equal(3 / 6f, OrthogonalizerCase.Run(identity.WithFloor(NormFloor.Maximum), [3], 1, 1)[0], 1e-6f);
        Assert.Equal(3 / 7f, OrthogonalizerCase.Run(identity.WithFloor(NormFloor.Maximum).WithEpsilon(7), [3], 1, 1)[0], 1e-6f);
    }

    [Fact]
    public void Every_schedule_brings_singular_values_into_its_band()
    {
        (ImmutableArray<QuinticCoefficients> Steps, double Least, double Low, double High)[] bands =
        [
            (QuinticSchedules.Jordan5, 0.02, 0.65, 1.25),
            (QuinticSchedules.YouJiacheng5, 0.01, 0.8, 1.2),
            (QuinticSchedules.PolarExpress5, 0.01, 0.8, 1.2),
            (QuinticSchedules.DeepSeekV4, 0.001, 0.999, 1.001),
        ];
        foreach ((ImmutableArray<QuinticCoefficients> steps, double least, double low, double high) in bands)
        {
            for (int i = 0; i <= 1000; i++)
            {
                double start = Math.Pow(least, i / 1000.0) / 1.02;
                double value = steps.Aggregate(start, (current, step) => step.Apply(current));
                Assert.True(value >= low && value <= high, $"{steps.Length} steps take {start} to {value}");
            }
        }
    }

    [Theory]
    [InlineData("jordan5")]
    [InlineData("youjiacheng5")]
    [InlineData("polar-express5")]
    [InlineData("deepseek-v4")]
    public void The_gram_form_makes_of_each_singular_value_what_the_schedule_says(string set)
    {
        var newton = (NewtonSchulz)Orthogonalizers.Get("newton-schulz/" + set);
        double[] values = [.. Enumerable.Range(0, 30).Select(i => Math.Pow(0.85, i))];
        (float[] matrix, _) = OrthogonalizerCase.WithSingularValues(30, 70, values);

        // ||(XXᵀ)²||_F^(1/4) is the root of order eight of the sum of eighth powers.
        double norm = newton.NormFactor * Math.Pow(values.Sum(value => Math.Pow(value, 8)), 0.125);
        double[] expected = [.. values.Select(value => newton.Steps.Aggregate(value / norm, (current, step) => step.Apply(current))).Order()];
        float[] output = OrthogonalizerCase.Run(Orthogonalizers.Get("gram-newton-schulz/" + set), matrix, 30, 70);
        double[] actual = [.. OrthogonalizerCase.SingularValues(output, 30, 70).Order()];
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 2e-3));
    }
}
