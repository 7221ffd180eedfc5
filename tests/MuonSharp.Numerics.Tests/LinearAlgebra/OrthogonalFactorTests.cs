using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Factorization;

namespace MuonSharp.Numerics.Tests;

public unsafe class OrthogonalFactorTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(5, 1)]
    [InlineData(32, 1)]
    [InlineData(33, 1e-150)]
    [InlineData(70, 1e150)]
    [InlineData(129, 1)]
    [InlineData(200, 1)]
    public void Q_is_that_of_an_independent_library_up_to_the_documented_sign(int size, double scale)
    {
        double[] matrix = [.. DoubleMemory.Normal("factor", size * size).Select(value => value * scale)];
        Matrix<double> a = Matrix<double>.Build.DenseOfRowMajor(size, size, matrix);
        (double[] basis, _) = Factor(a, 2);
        QR<double> oracle = (a / scale).QR();
        for (int j = 0; j < size; j++)
        {
            double sign = oracle.R[j, j] < 0 ? -1 : 1;
            for (int i = 0; i < size; i++)
            {
                Assert.Equal(sign * oracle.Q[i, j], basis[(j * size) + i], 1e-10);
            }
        }

        Matrix<double> q = Matrix<double>.Build.DenseOfColumnMajor(size, size, basis);
        Matrix<double> r = q.Transpose() * (a / scale);
        Assert.All(Enumerable.Range(0, size), j => Assert.True(r[j, j] >= 0));
        Assert.True((r - r.UpperTriangle()).FrobeniusNorm() <= 1e-14 * (size + 10) * r.L2Norm());
        Assert.True(((q.Transpose() * q) - Matrix<double>.Build.DenseIdentity(size)).FrobeniusNorm() <= 1e-14 * (size + 10));
    }

    [Theory]
    [InlineData(256)]
    [InlineData(512, Explicit = true)]
    [InlineData(1024, Explicit = true)]
    public void Q_of_a_large_matrix_is_that_of_an_independent_library(int size)
    {
        Matrix<double> a = Matrix<double>.Build.DenseOfRowMajor(size, size, DoubleMemory.Normal("large factor", size * size));
        (double[] basis, _) = Factor(a, 2);
        QR<double> oracle = a.QR(MathNet.Numerics.LinearAlgebra.Factorization.QRMethod.Thin);
        double difference = 0;
        for (int j = 0; j < size; j++)
        {
            double sign = oracle.R[j, j] < 0 ? -1 : 1;
            for (int i = 0; i < size; i++)
            {
                difference = Math.Max(difference, Math.Abs((sign * oracle.Q[i, j]) - basis[(j * size) + i]));
            }
        }

        Assert.InRange(difference, 0, 1e-10);
        Matrix<double> q = Matrix<double>.Build.DenseOfColumnMajor(size, size, basis);
        Assert.True((q.TransposeThisAndMultiply(q) - Matrix<double>.Build.DenseIdentity(size)).FrobeniusNorm() <= 1e-14 * (size + 10));
    }

    [Fact]
    public void Q_of_a_singular_matrix_is_orthogonal()
    {
        const int Size = 40;
        Matrix<double> g = Matrix<double>.Build.DenseOfRowMajor(Size, Size, DoubleMemory.Normal("singular", Size * Size));
        g.ClearColumn(3);
        g.SetColumn(7, g.Column(2));
        foreach (Matrix<double> a in new[] { g, Matrix<double>.Build.Dense(Size, Size) })
        {
            Matrix<double> q = Matrix<double>.Build.DenseOfColumnMajor(Size, Size, Factor(a, 1).Basis);
            Assert.True(((q.Transpose() * q) - Matrix<double>.Build.DenseIdentity(Size)).FrobeniusNorm() <= 1e-12);
            Assert.True((a - (q * (q.Transpose() * a).UpperTriangle())).FrobeniusNorm() <= 1e-12);
        }
    }

    [Fact]
    public void The_number_of_workers_does_not_change_a_bit()
    {
        const int Size = 150;
        Matrix<double> a = Matrix<double>.Build.DenseOfRowMajor(Size, Size, DoubleMemory.Normal("workers", Size * Size));
        double[] expected = Factor(a, 1).Basis;
        foreach (int threads in new[] { 2, 3 })
        {
            bool shared = false;
            for (int attempt = 0; attempt < 5000 && !shared; attempt++)
            {
                (double[] basis, shared) = Factor(a, threads);
                Assert.Equal(expected, basis);
            }

            Assert.True(shared, "in 5000 runs only one worker ran tasks");
        }
    }

    private static (double[] Basis, bool Shared) Factor(Matrix<double> a, int threads)
    {
        int size = a.RowCount;
        using var team = new WorkerTeam(threads);
        using DoubleMemory columns = DoubleMemory.Of(a.ToColumnMajorArray());
        using var basis = new DoubleMemory((long)size * size);
        using var scratch = new DoubleMemory(OrthogonalFactor.ScratchLength(size));
        OrthogonalFactor.Compute(threads == 1 ? null : team, columns.Pointer, size, basis.Pointer, scratch.Pointer);
        return (basis.Span.ToArray(), Enumerable.Range(0, threads).Count(worker => team.TasksOf(worker) > 0) > 1);
    }
}
