using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Factorization;

namespace MuonSharp.Numerics.Tests;

public unsafe class SymmetricEigenTests
{
    public static TheoryData<string, int> Cases
    {
        get
        {
            var cases = new TheoryData<string, int>();
            foreach (string kind in new[] { "gaussian", "gram", "low-rank", "clustered", "graded", "tiny", "huge" })
            {
                foreach (int size in new[] { 1, 2, 3, 7, 16, 17, 31, 64, 101, 192 })
                {
                    cases.Add(kind, size);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Values_and_vectors_are_those_of_an_independent_library(string kind, int size)
    {
        double[] matrix = Symmetric(kind, size);
        (double[] values, double[] vectors, _) = Decompose(matrix, size, 2);
        Matrix<double> a = Matrix<double>.Build.DenseOfRowMajor(size, size, matrix);
        Evd<double> oracle = a.Evd(Symmetricity.Symmetric);
        double norm = a.L2Norm(), tolerance = 1e-14 * (size + 10);
        double[] expected = [.. oracle.EigenValues.Select(value => value.Real).OrderDescending()];
        Matrix<double> v = Matrix<double>.Build.DenseOfRowMajor(size, size, vectors);
        for (int i = 0; i < size; i++)
        {
            Assert.True(Math.Abs(values[i] - expected[i]) <= tolerance * norm, $"value {i}: {values[i]:G17}, not {expected[i]:G17}");
            Assert.True(i == 0 || values[i - 1] >= values[i]);
        }

        Assert.True(((v * v.Transpose()) - Matrix<double>.Build.DenseIdentity(size)).FrobeniusNorm() <= tolerance);
        Assert.True((((a * v.Transpose()) - (v.Transpose() * Matrix<double>.Build.DenseOfDiagonalArray(values))) / norm).FrobeniusNorm() <= tolerance);
    }

    /// <summary>The sizes that SOAP and Shampoo meet; norms are the largest value's, as another library's singular values would take minutes.</summary>
    [Theory]
    [InlineData("gaussian", 256)]
    [InlineData("graded", 256)]
    [InlineData("low-rank", 384)]
    [InlineData("gram", 512, Explicit = true)]
    [InlineData("gram", 1024, Explicit = true)]
    public void Large_matrices_have_the_values_of_an_independent_library_and_vectors_that_give_them_back(string kind, int size)
    {
        double[] matrix = Symmetric(kind, size);
        (double[] values, double[] vectors, _) = Decompose(matrix, size, 2);
        Matrix<double> a = Matrix<double>.Build.DenseOfRowMajor(size, size, matrix);
        double[] expected = [.. a.Evd(Symmetricity.Symmetric).EigenValues.Select(value => value.Real).OrderDescending()];
        double norm = expected.Max(Math.Abs), tolerance = 1e-14 * (size + 10);
        Assert.All(values.Zip(expected), pair => Assert.True(Math.Abs(pair.First - pair.Second) <= tolerance * norm, $"{pair.First:G17}, not {pair.Second:G17}"));
        Matrix<double> v = Matrix<double>.Build.DenseOfRowMajor(size, size, vectors);
        Assert.True((v.TransposeAndMultiply(v) - Matrix<double>.Build.DenseIdentity(size)).FrobeniusNorm() <= tolerance);
        Matrix<double> scaled = Matrix<double>.Build.Dense(size, size, (i, j) => values[j] * vectors[(j * size) + i]);
        Assert.True((a.TransposeAndMultiply(v) - scaled).FrobeniusNorm() <= tolerance * norm);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(40)]
    public void Of_zeros_the_vectors_are_the_axes(int size)
    {
        (double[] values, double[] vectors, _) = Decompose(new double[size * size], size, 1);
        Assert.All(values, value => Assert.Equal(0, value));
        Assert.Equal(size, vectors.Count(value => value == 1));
        Assert.Equal((size * size) - size, vectors.Count(value => value == 0));
    }

    [Fact]
    public void The_number_of_workers_does_not_change_a_bit()
    {
        const int Size = 150;
        double[] matrix = Symmetric("gram", Size);
        (double[] values, double[] vectors, _) = Decompose(matrix, Size, 1);
        foreach (int threads in new[] { 2, 3 })
        {
            bool shared = false;
            for (int attempt = 0; attempt < 5000 && !shared; attempt++)
            {
                (double[] otherValues, double[] otherVectors, shared) = Decompose(matrix, Size, threads);
                Assert.Equal(values, otherValues);
                Assert.Equal(vectors, otherVectors);
            }

            Assert.True(shared, "in 5000 runs only one worker ran tasks");
        }
    }

    [Fact]
    public void What_is_not_finite_is_refused() => Assert.Throws<ArithmeticException>(() => Decompose([1, double.NaN, double.NaN, 2], 2, 1));

    private static double[] Symmetric(string kind, int size)
    {
        double[] random = DoubleMemory.Normal(kind, size * size);
        Matrix<double> g = Matrix<double>.Build.DenseOfRowMajor(size, size, random);
        Matrix<double> result = kind switch
        {
            "gaussian" => g + g.Transpose(),
            "low-rank" => g.SubMatrix(0, size, 0, (size + 3) / 4) * g.SubMatrix(0, size, 0, (size + 3) / 4).Transpose(),
            "clustered" => Spectrum(g, i => 1 + (i % 3)),
            "graded" => Spectrum(g, i => Math.Pow(10, -i % 17)),
            "tiny" => g * g.Transpose() * 1e-150,
            "huge" => g * g.Transpose() * 1e150,
            _ => g * g.Transpose(),
        };
        return ((result + result.Transpose()) / 2).ToRowMajorArray();
    }

    private static Matrix<double> Spectrum(Matrix<double> g, Func<int, double> value)
    {
        Matrix<double> q = g.QR().Q;
        return q * Matrix<double>.Build.DenseDiagonal(g.RowCount, g.RowCount, value) * q.Transpose();
    }

    private static (double[] Values, double[] Vectors, bool Shared) Decompose(double[] matrix, int size, int threads)
    {
        using var team = new WorkerTeam(threads);
        using DoubleMemory input = DoubleMemory.Of(matrix);
        using var values = new DoubleMemory(size);
        using var vectors = new DoubleMemory((long)size * size);
        using var scratch = new DoubleMemory(SymmetricEigen.ScratchLength(size));
        SymmetricEigen.Compute(threads == 1 ? null : team, input.Pointer, size, values.Pointer, vectors.Pointer, scratch.Pointer);
        return (values.Span.ToArray(), vectors.Span.ToArray(), Enumerable.Range(0, threads).Count(worker => team.TasksOf(worker) > 0) > 1);
    }
}
