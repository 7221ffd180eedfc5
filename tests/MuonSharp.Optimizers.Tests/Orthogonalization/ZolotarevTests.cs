using MuonSharp.Numerics;

namespace MuonSharp.Optimizers.Tests;

public unsafe class ZolotarevTests
{
    public static TheoryData<int, double, double> Orders => new() { { 2, 2e-3, 0.155 }, { 3, 1e-3, 0.0622 }, { 4, 1e-3, 0.0190 } };

    [Theory]
    [MemberData(nameof(Orders))]
    public void The_constants_oscillate_evenly_about_one_as_often_as_the_best_ones_must(int order, double least, double band)
    {
        ZolotarevFraction fraction = Fraction(order);
        Assert.Equal(order, fraction.Poles.Length);
        double[] errors = [.. Enumerable.Range(0, 20001).Select(i => fraction.Apply(Math.Pow(least, 1 - (i / 20000.0))) - 1)];
        double[] extremes =
        [
            errors[0],
            .. Enumerable.Range(1, errors.Length - 2).Where(i => (errors[i] - errors[i - 1]) * (errors[i + 1] - errors[i]) < 0).Select(i => errors[i]),
            errors[^1],
        ];

        // An odd fraction of type (2r + 1, 2r) is the best exactly when its error takes its extreme value 2r + 2 times in alternation.
        Assert.Equal((2 * order) + 2, extremes.Length);
        Assert.All(extremes, extreme => Assert.Equal(Math.Abs(extremes[0]), Math.Abs(extreme), 1e-6));
        Assert.All(extremes.Zip(extremes.Skip(1)), pair => Assert.True(pair.First * pair.Second < 0));
        Assert.InRange(Math.Abs(extremes[0]), band * 0.98, band);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_singular_value_becomes_what_the_fraction_says(int order)
    {
        // One singular value: the bound is exact up to its margin.
        float[] output = OrthogonalizerCase.Run(Orthogonalizers.Get($"zolotarev/{order}"), [3, 0, 0, 0], 1, 4);
        Assert.Equal(Fraction(order).Apply(1 / Math.Sqrt(1 + 1e-5)), output[0], 1e-5);
        Assert.All(output[1..], value => Assert.Equal(0, value));
    }

    [Fact]
    public void A_pivot_that_fails_raises_the_pole_once()
    {
        // R of two equal rows is [1, 1; 1, 1]: in float32, 1 + 2.4e-8 is 1, but 1 + 2.4e-7 is more.
        var polar = new ZolotarevPolar(new ZolotarevFraction(1, [new ZolotarevPole(1.2e-8, 0), new ZolotarevPole(1, 1)]));
        float[] output = OrthogonalizerCase.Run(polar, [1, 0, 1, 0], 2, 2, null, out OrthogonalizationOutcome outcome);
        Assert.Equal(OrthogonalizationOutcome.PoleRaised, outcome);
        Assert.All(output, value => Assert.True(float.IsFinite(value)));
    }

    [Fact]
    public void When_raising_does_not_help_the_gram_form_steps_in_and_the_report_counts_it()
    {
        var polar = new ZolotarevPolar(new ZolotarevFraction(1, [new ZolotarevPole(-0.5, 1), new ZolotarevPole(1, 1)]));
        float[] input = OrthogonalizerCase.Normal(20, 30);
        foreach (int threads in (int[])[1, 2])
        {
            using var team = new WorkerTeam(threads);
            float[] output = OrthogonalizerCase.Run(polar, input, 20, 30, team, out OrthogonalizationOutcome outcome);
            Assert.Equal(OrthogonalizationOutcome.FallBack, outcome);
            Compare.SameBits(OrthogonalizerCase.Run(GramNewtonSchulz.PolarExpress5, input, 20, 30), output);
        }

        using TestModel model = TestModel.Language();
        using var optimizer = new RoutedOptimizer(model.Store, Route.Muon(new MuonOptions { Orthogonalizer = polar }));
        model.FillGradients(1);
        StepReport report = optimizer.Step();
        Assert.True(report.MatricesOrthogonalized > 0);
        Assert.Equal(report.MatricesOrthogonalized, report.OrthogonalizationFallbacks);
        Assert.Equal(0, report.Groups.Sum(group => group.PolesRaised));
    }

    [Fact]
    public void The_bound_is_never_below_the_greatest_eigenvalue_and_never_above_the_frobenius_norm()
    {
        foreach ((int rows, int columns) in ((int, int)[])[(1, 5), (7, 9), (40, 60), (65, 65)])
        {
            float[] input = OrthogonalizerCase.Normal(rows, columns);
            using var memory = new NativeBuffer((rows * columns) + (rows * rows) + 64 + GramBound.ScratchLength(rows));
            Matrix x = Matrix.Dense(memory.Pointer, rows, columns);
            input.CopyTo(memory.AsSpan());
            Matrix gram = Matrix.Dense(memory.Pointer + FlatLayout.Padded(rows * columns), rows, rows);
            GramMatrix.Multiply(null, x, gram);
            double bound = GramBound.Of(null, gram, gram.Data + FlatLayout.Padded(rows * rows));
            double greatest = Math.Pow(OrthogonalizerCase.SingularValues(input, rows, columns).Max(), 2);
            Assert.InRange(bound, greatest, input.Sum(value => (double)value * value) * (1 + 1e-4));
        }
    }

    private static ZolotarevFraction Fraction(int order) => order switch
    {
        2 => ZolotarevFraction.Order2,
        3 => ZolotarevFraction.Order3,
        _ => ZolotarevFraction.Order4,
    };
}
