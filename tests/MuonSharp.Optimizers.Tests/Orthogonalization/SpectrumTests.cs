namespace MuonSharp.Optimizers.Tests;

/// <summary>Each method on six spectra in float32: how far singular values end from 1, and how far the result is from the polar factor.</summary>
public class SpectrumTests
{
    private const int Rows = 128, Columns = 384;

    private static readonly Lazy<(float[] Matrix, double[] Polar, int Rows, int Columns)[]> s_inputs = new(Inputs);

    [Theory]
    [InlineData("newton-schulz/jordan5", 0.205, 0.31, 0.41)]
    [InlineData("newton-schulz/youjiacheng5", 0.095, 0.22, 0.38)]
    [InlineData("gram-newton-schulz/polar-express5", 0.1, 0.175, 0.27)]
    [InlineData("zolotarev/2", 0.12, 0.17, 0.24)]
    [InlineData("zolotarev/3", 0.045, 0.055, 0.075)]
    [InlineData("zolotarev/4", 0.016, 0.021, 0.054)]
    [InlineData("exact", 1e-6, 1e-6, 1e-4)]
    public void Singular_values_and_polar_error_are_within_the_published_ones(string name, double meanLimit, double worstLimit, double polarLimit)
    {
        double sum = 0, worst = 0, polarError = 0;
        foreach ((float[] matrix, double[] polar, int rows, int columns) in s_inputs.Value)
        {
            float[] output = OrthogonalizerCase.Run(
                Orthogonalizers.Get(name), matrix, rows, columns, null, out OrthogonalizationOutcome outcome);
            double distance = OrthogonalizerCase.SingularValues(output, rows, columns).Average(value => Math.Abs(value - 1));
            double error = OrthogonalizerCase.Distance(output, polar);
            TestContext.Current.TestOutputHelper?.WriteLine($"{name} [{rows}, {columns}]: mean {distance:F4}, polar {error:F4}");
            (sum, worst, polarError) = (sum + distance, Math.Max(worst, distance), Math.Max(polarError, error));
            Assert.Equal(OrthogonalizationOutcome.Regular, outcome);
        }

        string measured = $"mean {sum / s_inputs.Value.Length:F4}, worst {worst:F4}, polar {polarError:F4}";
        Assert.True(sum / s_inputs.Value.Length <= meanLimit && worst <= worstLimit && polarError <= polarLimit, measured);
    }

    private static (float[] Matrix, double[] Polar, int Rows, int Columns)[] Inputs()
    {
        Func<int, double>[] spectra =
        [
            i => Math.Pow(1e-2, i / (Rows - 1.0)),
            i => i < Rows / 8 ? 1 : 0.05,
            i => Math.Pow(i + 1, -0.5),
            i => 1 / (i + 1.0),
        ];
        var known = spectra.Select(spectrum =>
        {
            (float[] matrix, double[] polar) = OrthogonalizerCase.WithSingularValues(Rows, Columns, [.. Enumerable.Range(0, Rows).Select(spectrum)]);
            return (matrix, polar, Rows, Columns);
        });
        return [.. known, Gaussian(Rows, Rows), Gaussian(Rows, 4 * Rows)];
    }

    private static (float[] Matrix, double[] Polar, int Rows, int Columns) Gaussian(int rows, int columns)
    {
        float[] matrix = OrthogonalizerCase.Normal(rows, columns);
        return (matrix, [.. OrthogonalizerCase.Run(ExactPolar.Instance, matrix, rows, columns).Select(value => (double)value)], rows, columns);
    }
}
