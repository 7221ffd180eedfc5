using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Factorization;
using MuonSharp.Numerics;

namespace MuonSharp.Optimizers.Tests;

/// <summary>Each method on six spectra in float32: how far singular values end from 1, and how far the result is from the polar factor.</summary>
public class SpectrumTests
{
    private static readonly Lazy<KnownMatrix[]> s_known = new(() =>
    [
        new("log-uniform", 256, 1024, static i => Math.Pow(1e-2, i / 255.0)),
        new("low rank and noise", 256, 1024, static i => i < 32 ? 1 : 0.05),
        new("power law 0.5", 768, 3072, static i => Math.Pow(i + 1, -0.5)),
        new("power law 1", 768, 3072, static i => 1 / (i + 1.0)),
    ]);

    private static readonly Lazy<(float[] Matrix, double[] Polar, int Rows, int Columns)[]> s_gaussian = new(() => [Gaussian(256, 256), Gaussian(256, 1024)]);

    /// <summary>The published figures: the mean over the spectra of the mean |s - 1|, the worst spectrum's, the worst polar error.</summary>
    [Theory]
    [InlineData("newton-schulz/jordan5", 0.205, 0.31, 0.41, Explicit = true)]
    [InlineData("newton-schulz/youjiacheng5", 0.095, 0.22, 0.38, Explicit = true)]
    [InlineData("gram-newton-schulz/polar-express5", 0.1, 0.175, 0.27, Explicit = true)]
    [InlineData("zolotarev/2", 0.12, 0.17, 0.24)]
    [InlineData("zolotarev/3", 0.045, 0.055, 0.075, Explicit = true)]
    [InlineData("zolotarev/4", 0.016, 0.021, 0.054, Explicit = true)]
    public void Singular_values_and_polar_error_are_within_the_published_ones(string name, double meanLimit, double worstLimit, double polarLimit)
    {
        IOrthogonalizer orthogonalizer = Orthogonalizers.Get(name);
        using var team = new WorkerTeam(2);
        var means = new List<double>();
        var errors = new List<double>();
        foreach ((float[] matrix, double[] polar, int rows, int columns) in s_gaussian.Value)
        {
            float[] output = OrthogonalizerCase.Run(orthogonalizer, matrix, rows, columns, team, out OrthogonalizationOutcome outcome);
            Note($"gaussian [{rows}, {columns}]", OrthogonalizerCase.SingularValues(output, rows, columns), OrthogonalizerCase.Distance(output, polar), outcome);
        }

        foreach (KnownMatrix known in s_known.Value)
        {
            float[] output = OrthogonalizerCase.Run(orthogonalizer, known.Values, known.Rows, known.Columns, team, out OrthogonalizationOutcome outcome);
            (double[] values, double rest) = known.SingularValues(output);
            Assert.True(rest < 0.02 * Math.Sqrt(known.Rows), $"{known.Name}: the result has other singular vectors, {rest:E2} of it");
            Note(known.Name, values, OrthogonalizerCase.Distance(output, known.Polar), outcome);
        }

        string measured = $"mean {means.Average():F4}, worst {means.Max():F4}, polar {errors.Max():F4}";
        Assert.True(means.Average() <= meanLimit && means.Max() <= worstLimit && errors.Max() <= polarLimit, measured);

        void Note(string spectrum, double[] values, double error, OrthogonalizationOutcome outcome)
        {
            Assert.Equal(OrthogonalizationOutcome.Regular, outcome);
            means.Add(values.Average(value => Math.Abs(value - 1)));
            errors.Add(error);
            TestContext.Current.TestOutputHelper?.WriteLine($"{name}, {spectrum}: mean {means[^1]:F4}, polar {error:F4}");
        }
    }

    [Fact(Explicit = true)]
    public void The_exact_polar_factor_is_that_of_an_independent_library()
    {
        foreach ((float[] matrix, double[] polar, int rows, int columns) in s_gaussian.Value)
        {
            Assert.InRange(OrthogonalizerCase.Distance(OrthogonalizerCase.Run(ExactPolar.Instance, matrix, rows, columns), polar), 0, 1e-6);
        }

        KnownMatrix known = s_known.Value[0];
        Assert.InRange(OrthogonalizerCase.Distance(OrthogonalizerCase.Run(ExactPolar.Instance, known.Values, known.Rows, known.Columns), known.Polar), 0, 1e-5);
    }

    /// <summary>A Gaussian matrix and (X Xᵀ)^(-1/2) X by another library's eigenvectors.</summary>
    private static (float[] Matrix, double[] Polar, int Rows, int Columns) Gaussian(int rows, int columns)
    {
        float[] values = OrthogonalizerCase.Normal(rows, columns);
        Matrix<double> x = Matrix<double>.Build.Dense(rows, columns, (i, j) => values[(i * columns) + j]);
        Evd<double> evd = x.TransposeAndMultiply(x).Evd(Symmetricity.Symmetric);
        Matrix<double> scaled = Matrix<double>.Build.DenseOfColumns(
            Enumerable.Range(0, rows).Select(i => evd.EigenVectors.Column(i) / Math.Sqrt(evd.EigenValues[i].Real)));
        return (values, (scaled.TransposeAndMultiply(evd.EigenVectors) * x).ToRowMajorArray(), rows, columns);
    }
}
