using MathNet.Numerics.LinearAlgebra;

namespace MuonSharp.Numerics.Tests;

public unsafe class SingularValuesTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 9)]
    [InlineData(9, 1)]
    [InlineData(5, 7)]
    [InlineData(33, 16)]
    [InlineData(64, 64)]
    [InlineData(40, 131)]
    public void They_are_those_of_an_independent_library(int rows, int columns)
    {
        float[] matrix = Normal(rows, columns);
        double[] expected = [.. Build(matrix, rows, columns).Svd(computeVectors: false).S];
        AssertClose(expected, SingularValues.Of(matrix, rows, columns));
    }

    /// <summary>The matrix is made of its singular values: Q diag(s) P with orthogonal Q and P.</summary>
    [Theory]
    [InlineData(24, 60)]
    [InlineData(60, 24)]
    public void They_are_those_that_the_matrix_was_made_of(int rows, int columns)
    {
        int size = Math.Min(rows, columns);
        double[] values = [.. Enumerable.Range(0, size).Select(i => Math.Pow(10, 2 - (0.25 * i)))];
        Matrix<double> left = Build(Normal(rows, rows), rows, rows).QR().Q, right = Build(Normal(columns, columns), columns, columns).QR().Q;
        Matrix<double> made = left * Matrix<double>.Build.Diagonal(rows, columns, values) * right;
        AssertClose(values, SingularValues.Of([.. made.Transpose().ToColumnMajorArray().Select(value => (float)value)], rows, columns));
    }

    [Fact]
    public void Of_lost_rank_they_are_zero_up_to_rounding()
    {
        float[] column = Normal(20, 1), row = Normal(1, 30);
        double[] values = SingularValues.Of([.. column.SelectMany(left => row.Select(right => left * right))], 20, 30);
        double product = Norm(column) * Norm(row);
        Assert.Equal(product, values[0], 1e-6 * product);
        Assert.All(values.Skip(1), value => Assert.InRange(value, 0, 1e-6 * product));
        Assert.All(SingularValues.Of(new float[12], 3, 4), value => Assert.Equal(0, value));
    }

    [Fact]
    public void A_part_of_a_matrix_is_read_in_place_with_its_strides_and_stays_as_it_is()
    {
        const int Rows = 6, Columns = 11;
        float[] whole = Normal(2 * Rows, Columns), before = [.. whole];
        double[] of(Func<nint, Matrix> part)
        {
            double[] values = new double[5];
            using DoubleMemory scratch = new(SingularValues.ScratchLength(Rows, 5));
            fixed (float* data = whole)
            fixed (double* result = values)
            {
                SingularValues.Compute(null, part((nint)data), result, scratch.Pointer);
            }

            return values;
        }

        float[] copied = [.. Enumerable.Range(0, Rows).SelectMany(i => Enumerable.Range(0, 5).Select(j => whole[(2 * i * Columns) + 3 + j]))];
        AssertClose([.. Build(copied, Rows, 5).Svd(computeVectors: false).S], of(data => new((float*)data + 3, Rows, 5, 2 * Columns)));
        AssertClose([.. Build(copied, Rows, 5).Svd(computeVectors: false).S], of(data => new((float*)data + 3, 5, Rows, 1, 2 * Columns)));
        Assert.Equal(before, whole);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Of_what_is_not_finite_they_are_not_numbers(float value) =>
        Assert.All(SingularValues.Of([1, 2, value, 4, 5, 6], 2, 3), each => Assert.True(double.IsNaN(each)));

    [Theory]
    [InlineData(1e-40f)]
    [InlineData(1e30f)]
    public void Numbers_at_the_ends_of_float32_keep_their_values(float scale)
    {
        double[] plain = SingularValues.Of([3, 0, 0, 0, -4, 0], 2, 3), scaled = SingularValues.Of([3 * scale, 0, 0, 0, -4 * scale, 0], 2, 3);
        Assert.Equal([4, 3], plain);
        Assert.Equal(4 * (double)scale, scaled[0], 1e-5 * scale);
        Assert.Equal(3 * (double)scale, scaled[1], 1e-5 * scale);
    }

    [Fact]
    public void Eigenvalues_alone_have_the_bits_of_those_with_vectors_for_any_number_of_workers()
    {
        const int Size = 150;
        float[] matrix = Normal(Size, Size);
        double[] gram = (Build(matrix, Size, Size) is var a ? a * a.Transpose() : null)!.ToRowMajorArray();
        using DoubleMemory input = DoubleMemory.Of(gram), values = new(Size), vectors = new(Size * Size), scratch = new(SymmetricEigen.ScratchLength(Size));
        SymmetricEigen.Compute(null, input.Pointer, Size, values.Pointer, vectors.Pointer, scratch.Pointer);
        foreach (int threads in new[] { 1, 2, 3 })
        {
            using WorkerTeam team = new(threads);
            using DoubleMemory again = DoubleMemory.Of(gram), alone = new(Size), work = new(SymmetricEigen.ValuesScratchLength(Size));
            SymmetricEigen.Values(team, again.Pointer, Size, alone.Pointer, work.Pointer);
            Assert.Equal(values.Span.ToArray(), alone.Span.ToArray());
        }
    }

    [Theory]
    [InlineData(6, 2, 2)]
    [InlineData(0, 0, 3)]
    public void A_span_of_another_length_is_refused_by_name(int length, int rows, int columns) =>
        Assert.StartsWith(
            $"[singular values] a matrix needs rows x columns values, one at least; {length} came for {rows} x {columns}",
            Assert.Throws<ArgumentException>(() => SingularValues.Of(new float[length], rows, columns)).Message,
            StringComparison.Ordinal);

    private static void AssertClose(double[] expected, double[] values)
    {
        Assert.Equal(expected.Length, values.Length);
        for (int i = 0; i < values.Length; i++)
        {
            Assert.True(Math.Abs(values[i] - expected[i]) <= 1e-6 * expected[0], $"value {i}: {values[i]:G9}, not {expected[i]:G9}");
            Assert.True(i == 0 || values[i - 1] >= values[i]);
        }
    }

    private static double Norm(float[] values) => Math.Sqrt(values.Sum(value => (double)value * value));

    private static float[] Normal(int rows, int columns) => [.. DoubleMemory.Normal($"{rows} {columns}", rows * columns).Select(value => (float)value)];

    private static Matrix<double> Build(float[] matrix, int rows, int columns) => Matrix<double>.Build.DenseOfRowMajor(rows, columns, matrix.Select(value => (double)value));
}
