using System.Runtime.Intrinsics;

namespace MuonSharp.Numerics.Tests;

public sealed unsafe class ThinProductTests
{
    private static readonly int[] s_columns = [1, 7, 8, 17, 31, 32, 33, 64, 65, 300];
    private static readonly int[] s_steps = [1, 3, 8, 9, 15, 16, 17, 33, 131];

    [Fact]
    public void The_path_of_a_few_rows_ends_where_packing_is_faster()
    {
        using var a = new ProductCase(7, 5, false, 0, "a");
        using var b = new ProductCase(5, 9, false, 0, "b");
        using var c = new ProductCase(7, 9, false, 0, "c");
        Assert.True(ThinProduct<Register128, Vector128<float>>.Fits(a.View.Block(0, 0, 6, 5), b.View, c.View.Block(0, 0, 6, 9)));
        Assert.False(ThinProduct<Register128, Vector128<float>>.Fits(a.View, b.View, c.View));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Every_element_is_the_chain_in_ascending_k_for_every_register_width(bool transposeB, bool accumulate)
    {
        foreach (int n in s_columns)
        {
            foreach (int k in s_steps)
            {
                int m = 1 + ((n + k) % 6);
                Check<RegisterScalar, float>(m, n, k, transposeB, accumulate);
                Check<Register128, Vector128<float>>(m, n, k, transposeB, accumulate);
                Check<Register256, Vector256<float>>(m, n, k, transposeB, accumulate);
                if (VectorWidth.Bits == 512)
                {
                    Check<Register512, Vector512<float>>(m, n, k, transposeB, accumulate);
                }
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_few_rows_have_the_bits_that_they_have_among_many(bool transposeB)
    {
        const int Many = 13, N = 1100, K = 1601;
        using var team = new WorkerTeam(2);
        using var a = new ProductCase(Many, K, false, 1, "a");
        using var b = new ProductCase(K, N, transposeB, 2, "b");
        using var packed = new ProductCase(Many, N, false, 0, "c");
        using var thin = new ProductCase(Many, N, false, 0, "c");
        MatrixProduct.Multiply(team, a.View, b.View, packed.View);
        for (int row = 0, rows = 1; row + rows <= Many; row += rows, rows++)
        {
            long forks = team.Forks;
            MatrixProduct.Multiply(team, a.View.Block(row, 0, rows, K), b.View, thin.View.Block(row, 0, rows, N));
            Assert.Equal(forks + 1, team.Forks);
        }

        for (int row = 0; row < 10; row++)
        {
            Assert.Equal(Row(packed, row, N), Row(thin, row, N));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_epilogue_meets_every_element_once_and_knows_its_place(bool transposeB)
    {
        const int M = 3, N = 601, K = 40;
        using var a = new ProductCase(M, K, false, 0, "a");
        using var b = new ProductCase(K, N, transposeB, 0, "b");
        using var plain = new ProductCase(M, N, false, 0, "c");
        using var marked = new ProductCase(M, N, false, 3, "c");
        using var team = new WorkerTeam(2);
        MatrixProduct.Multiply(team, a.View, b.View, plain.View);
        MatrixProduct.Multiply(team, a.View, b.View, marked.View, accumulate: false, alpha: 1, default(PlaceEpilogue));
        for (int i = 0; i < M * N; i++)
        {
            Assert.Equal(plain[i / N, i % N] + ((1000 * (1 + (i / N))) + (i % N)), marked[i / N, i % N]);
        }
    }

    private static float[] Row(ProductCase matrix, int row, int columns) => [.. Enumerable.Range(0, columns).Select(column => matrix[row, column])];

    private static void Check<R, V>(int m, int n, int k, bool transposeB, bool accumulate)
        where R : struct, IRegister<V>
        where V : struct
    {
        using var a = new ProductCase(m, k, k % 2 == 0, 1, "a");
        using var b = new ProductCase(k, n, transposeB, n % 3, "b");
        using var c = new ProductCase(m, n, false, 2, "c");
        float[] sums = [.. Enumerable.Range(0, m * n).Select(i => accumulate ? c[i / n, i % n] : 0)];
        int gaps = c.CountGaps();
        ThinProduct<R, V>.Multiply(null, a.View, b.View, c.View, accumulate, default(NoEpilogue));
        for (int i = 0; i < m * n; i++)
        {
            for (int step = 0; step < k; step++)
            {
                (float left, float right) = (a[i / n, step], b[step, i % n]);
                sums[i] = VectorWidth.HasFusedMultiplyAdd ? MathF.FusedMultiplyAdd(left, right, sums[i]) : (left * right) + sums[i];
            }

            Assert.True(sums[i].Equals(c[i / n, i % n]), $"{typeof(R).Name} {m} x {k} x {n}: element {i} is {c[i / n, i % n]}, not {sums[i]}");
        }

        Assert.Equal(gaps, c.CountGaps());
    }

    private readonly struct PlaceEpilogue : ITileEpilogue
    {
        public void Apply(float* tile, nint rowStride, int rows, int columns, int row, int column)
        {
            for (int i = 0; i < rows; i++)
            {
                for (int j = 0; j < columns; j++)
                {
                    tile[(i * rowStride) + j] += (1000 * (1 + row + i)) + column + j;
                }
            }
        }
    }
}
