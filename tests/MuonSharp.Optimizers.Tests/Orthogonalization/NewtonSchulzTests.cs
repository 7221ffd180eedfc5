using MathNet.Numerics.LinearAlgebra;
using MuonSharp.Numerics;

namespace MuonSharp.Optimizers.Tests;

public unsafe class NewtonSchulzTests
{
    [Theory]
    [InlineData(16, 16)]
    [InlineData(64, 64)]
    [InlineData(33, 90)]
    [InlineData(90, 33)]
    [InlineData(5, 128)]
    public void Singular_values_between_two_hundredths_and_one_end_near_one(int rows, int columns)
    {
        int small = Math.Min(rows, columns);

        // Singular values spread evenly in the logarithm; divided by their norm the least stays above 0.02.
        double least = Math.Min(1, 0.021 * Math.Sqrt(small));
        double[] values = [.. Enumerable.Range(0, small).Select(i => Math.Pow(least, (double)i / Math.Max(1, small - 1)))];
        double norm = Math.Sqrt(values.Sum(v => v * v));
        Assert.All(values, value => Assert.InRange(value / norm, 0.02, 1));

        float[] output = Orthogonalize(WithSingularValues(rows, columns, values), rows, columns);
        Assert.All(SingularValues(output, rows, columns), value => Assert.InRange(value, 0.65, 1.25));
    }

    [Fact]
    public void A_single_singular_value_of_one_ends_near_one()
    {
        float[] output = Orthogonalize([3, 0, 0, 0, 0, 0], 2, 3);
        double expected = 1;
        for (int step = 0; step < 5; step++)
        {
            expected = (3.4445 * expected) - (4.7750 * Math.Pow(expected, 3)) + (2.0315 * Math.Pow(expected, 5));
        }

        Assert.Equal(expected, output[0], 1e-5);
        Assert.InRange(output[0], 0.65f, 1.25f);
        Assert.All(output[1..], value => Assert.Equal(0, value));
    }

    [Theory]
    [InlineData(1, 9)]
    [InlineData(9, 1)]
    [InlineData(1, 1)]
    [InlineData(40, 40)]
    [InlineData(31, 70)]
    [InlineData(70, 31)]
    public void Equals_plain_loops_in_double_precision(int rows, int columns)
    {
        float[] input = new float[rows * columns];
        TestModel.Fill("newton-schulz", rows, input, 1);
        float[] output = Orthogonalize(input, rows, columns);
        double[] expected = StraightLineMuon.NewtonSchulz([.. input.Select(value => (double)value)], rows, columns, 5, 1e-7, false, StraightLineMuon.Formula.Coefficients);
        Assert.True(Compare.Deviation(output, expected, new float[output.Length]) < 2e-5);
    }

    [Fact]
    public void Tall_is_wide_transposed_to_the_last_bit_when_the_norms_agree()
    {
        const int Rows = 12, Columns = 30;
        float[] wide = new float[Rows * Columns];
        TestModel.Fill("tall", 0, wide, 1);

        // Powers of two have exact squares: the norm does not depend on the order of its additions.
        wide = [.. wide.Select(value => MathF.CopySign(MathF.Pow(2, MathF.Round(value)), value))];
        float[] result = Orthogonalize(wide, Rows, Columns);
        float[] tall = Orthogonalize(Transpose(wide, Rows, Columns), Columns, Rows);
        Compare.SameBits(Transpose(result, Rows, Columns), tall);
    }

    [Fact]
    public void A_zero_matrix_stays_zero()
    {
        Assert.All(Orthogonalize(new float[15], 3, 5), value => Assert.Equal(0, value));
    }

    [Fact]
    public void An_even_number_of_steps_also_ends_in_the_output()
    {
        var identity = new NewtonSchulz("identity", [new(1, 0, 0), new(1, 0, 0)]);
        float[] output = Orthogonalize([3, 0, 0, 4], 2, 2, identity);
        Assert.Equal(0.6f, output[0], 1e-6f);
        Assert.Equal(0.8f, output[3], 1e-6f);
    }

    [Fact]
    public void Coefficients_and_epsilon_are_checked()
    {
        Assert.Throws<ArgumentException>(() => new NewtonSchulz("none", []));
        Assert.Throws<ArgumentException>(() => new NewtonSchulz("eps", [new(1, 0, 0)], 0));
        Assert.Equal("newton-schulz/jordan5", NewtonSchulz.Jordan5.Name);
    }

    private static float[] Orthogonalize(float[] input, int rows, int columns, NewtonSchulz? orthogonalizer = null)
    {
        orthogonalizer ??= NewtonSchulz.Jordan5;
        using var memory = new NativeBuffer((2 * FlatLayout.Padded(input.Length)) + orthogonalizer.ScratchLength(rows, columns));
        input.CopyTo(new Span<float>(memory.Pointer, input.Length));
        float* output = memory.Pointer + FlatLayout.Padded(input.Length);
        orthogonalizer.Orthogonalize(
            null,
            Matrix.Dense(memory.Pointer, rows, columns),
            Matrix.Dense(output, rows, columns),
            output + FlatLayout.Padded(input.Length));
        return new Span<float>(output, input.Length).ToArray();
    }

    private static float[] WithSingularValues(int rows, int columns, double[] values)
    {
        Matrix<double> left = RandomOrthogonal(rows, values.Length);
        Matrix<double> right = RandomOrthogonal(columns, values.Length);
        Matrix<double> matrix = left * Matrix<double>.Build.DenseOfDiagonalArray(values) * right.Transpose();
        return [.. Enumerable.Range(0, rows * columns).Select(i => (float)matrix[i / columns, i % columns])];
    }

    private static Matrix<double> RandomOrthogonal(int rows, int columns)
    {
        float[] values = new float[rows * columns];
        TestModel.Fill("orthogonal", rows, values, 1);
        return Matrix<double>.Build.Dense(rows, columns, (i, j) => values[(i * columns) + j]).QR(MathNet.Numerics.LinearAlgebra.Factorization.QRMethod.Thin).Q;
    }

    private static double[] SingularValues(float[] values, int rows, int columns) =>
        [.. Matrix<double>.Build.Dense(rows, columns, (i, j) => values[(i * columns) + j]).Svd(computeVectors: false).S];

    private static float[] Transpose(float[] values, int rows, int columns) =>
        [.. Enumerable.Range(0, values.Length).Select(i => values[(i % rows * columns) + (i / rows)])];
}
