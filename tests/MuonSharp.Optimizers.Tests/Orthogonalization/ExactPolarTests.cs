using MuonSharp.Numerics;

namespace MuonSharp.Optimizers.Tests;

public class ExactPolarTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 9)]
    [InlineData(9, 1)]
    [InlineData(40, 40)]
    [InlineData(31, 70)]
    [InlineData(70, 31)]
    public void Equals_the_polar_factor_that_the_matrix_was_made_of(int rows, int columns)
    {
        double[] values = [.. Enumerable.Range(0, Math.Min(rows, columns)).Select(i => Math.Pow(0.8, i))];
        (float[] matrix, double[] polar) = OrthogonalizerCase.WithSingularValues(rows, columns, values);
        float[] output = OrthogonalizerCase.Run(ExactPolar.Instance, matrix, rows, columns);

        // The input was rounded to float32: a direction of size s is known to 1e-7 / s.
        Assert.InRange(OrthogonalizerCase.Distance(output, polar), 0, 1e-6 / values[^1]);
        Assert.All(OrthogonalizerCase.SingularValues(output, rows, columns), value => Assert.Equal(1, value, 1e-6));
    }

    [Fact]
    public void A_matrix_of_deficient_rank_becomes_a_partial_isometry()
    {
        float[] half = OrthogonalizerCase.Normal(5, 12);
        double[] values = [.. OrthogonalizerCase.SingularValues(
            OrthogonalizerCase.Run(ExactPolar.Instance, [.. half, .. new float[12], .. half], 11, 12), 11, 12).Order()];
        Assert.All(values[..6], value => Assert.Equal(0, value, 1e-3));
        Assert.All(values[6..], value => Assert.Equal(1, value, 1e-6));
    }

    [Fact]
    public void An_orthogonal_matrix_stays_as_it_is()
    {
        Assert.Equal([0, -1, 1, 0], OrthogonalizerCase.Run(ExactPolar.Instance, [0, -1, 1, 0], 2, 2));
    }
}
