namespace MuonSharp.Numerics.Tests;

public sealed class MatrixProductTests
{
    private static readonly int[] s_rowCounts = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 20, 21, 23, 24, 25, 31];

    /// <summary>All of them; every run of the tests takes half, in which each two choices meet in each way.</summary>
    public static TheoryData<bool, bool, bool, bool> Layouts()
    {
        var data = new TheoryData<bool, bool, bool, bool>();
        for (int bits = 0; bits < 16; bits++)
        {
            data.Add(new((bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0) { Explicit = int.PopCount(bits) % 2 == 1 });
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Every_remainder_of_the_tile_sizes_agrees_with_the_definition(bool transposeA, bool transposeB, bool transposeC, bool accumulate)
    {
        foreach (int m in s_rowCounts)
        {
            for (int n = 1; n <= 67; n += n is > 36 and < 60 ? 7 : 1)
            {
                Check(null, m, n, 1 + ((m + n) % 9), transposeA, transposeB, transposeC, accumulate, padding: (m + n) % 3, alpha: 1);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Long_sums_cross_the_blocks_of_k(bool transposeA, bool transposeB, bool transposeC, bool accumulate)
    {
        foreach (int k in (int[])[15, 16, 17, 31, 64, 255, 257, 320, 767, 768, 769, 1000, 1537])
        {
            Check(null, 13, 35, k, transposeA, transposeB, transposeC, accumulate, padding: 1, alpha: -0.75f);
        }
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Products_that_are_shared_among_workers_agree_with_the_definition(bool transposeA, bool transposeB, bool transposeC, bool accumulate)
    {
        using var team = new WorkerTeam(3);
        foreach ((int m, int n, int k) in ((int, int, int)[])[(130, 70, 330), (1, 300, 700), (300, 1, 700), (64, 64, 64), (97, 201, 43), (7, 3100, 9), (50, 300, 800), (520, 530, 3)])
        {
            Check(team, m, n, k, transposeA, transposeB, transposeC, accumulate, padding: 0, alpha: 1);
        }

        Assert.True(team.Forks > 0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public unsafe void Products_larger_than_the_caches_have_the_same_bits_however_the_left_factor_is_stored(int threads)
    {
        // Large enough for packing the transposed factor and for fetching C ahead, with edges in every direction.
        const int M = 1205, N = 1011, K = 1003;
        using var team = new WorkerTeam(threads);
        using var rows = new ProductCase(M, K, false, 0, "a");
        using var columns = new ProductCase(M, K, true, 0, "a");
        using var b = new ProductCase(K, N, false, 0, "b");
        using var byRows = new ProductCase(M, N, false, 1, "c");
        using var byColumns = new ProductCase(M, N, false, 1, "c");
        MatrixProduct.Multiply(team, rows.View, b.View, byRows.View);
        MatrixProduct.Multiply(team, columns.View, b.View, byColumns.View);
        for (int i = 0; i < M; i++)
        {
            var row = new ReadOnlySpan<float>(byRows.View.Data + (i * byRows.View.RowStride), N);
            Assert.True(row.SequenceEqual(new ReadOnlySpan<float>(byColumns.View.Data + (i * byColumns.View.RowStride), N)), $"row {i}");
            float chain = 0f;
            for (int p = 0; p < K; p++)
            {
                chain = MathF.FusedMultiplyAdd(rows[i, p], b[p, (7 * i) % N], chain);
            }

            if (VectorWidth.HasFusedMultiplyAdd)
            {
                Assert.Equal(chain, byRows[i, (7 * i) % N]);
            }
        }
    }

    [Fact]
    public void A_sum_of_no_terms_is_zero_or_what_was_there()
    {
        Check(null, 5, 7, 0, false, false, false, accumulate: false, padding: 1, alpha: 1);
        Check(null, 5, 7, 0, false, false, false, accumulate: true, padding: 1, alpha: 1);
    }

    [Fact]
    public void A_product_without_rows_or_columns_writes_nothing()
    {
        Check(null, 0, 7, 3, false, false, false, accumulate: false, padding: 1, alpha: 1);
        Check(null, 7, 0, 3, false, false, false, accumulate: false, padding: 1, alpha: 1);
    }

    [Fact]
    public unsafe void Both_strides_of_a_factor_may_leave_gaps()
    {
        using var store = new ProductCase(40, 60, false, 0, "store");
        using var c = new ProductCase(20, 20, false, 2, "c");
        var a = new Matrix(store.View.Data, 20, 15, 2 * 60, 4);
        var b = new Matrix(store.View.Data + 1, 15, 20, 60, 3);
        MatrixProduct.Multiply(null, a, b, c.View);
        for (int i = 0; i < 20; i++)
        {
            for (int j = 0; j < 20; j++)
            {
                double sum = 0.0;
                for (int k = 0; k < 15; k++)
                {
                    sum += (double)store[2 * i, 4 * k] * store[k, (3 * j) + 1];
                }

                Assert.Equal(sum, c[i, j], 1e-5);
            }
        }
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_refused_with_both_shapes()
    {
        using var a = new ProductCase(8, 768, false, 0, "a");
        using var b = new ProductCase(512, 768, false, 0, "b");
        using var c = new ProductCase(8, 768, false, 0, "c");
        ArgumentException failure = Assert.Throws<ArgumentException>(() => MatrixProduct.Multiply(null, a.View, b.View, c.View));
        Assert.Contains("[8, 768]", failure.Message, StringComparison.Ordinal);
        Assert.Contains("[512, 768]", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Spans_that_do_not_hold_their_matrix_are_refused()
    {
        ArgumentException failure = Assert.Throws<ArgumentException>(() => MatrixProduct.Multiply(null, new float[6], false, new float[6], false, new float[5], 2, 2, 3));
        Assert.Contains("c holds 5 floats", failure.Message, StringComparison.Ordinal);
        float[] c = new float[4];
        MatrixProduct.Multiply(null, [1f, 2, 3, 4, 5, 6], false, [1f, 2, 3, 4, 5, 6], true, c, 2, 2, 3);
        Assert.Equal([14f, 32, 32, 77], c);
    }

    [Fact]
    public void An_epilogue_visits_every_element_once_and_knows_its_place()
    {
        using var team = new WorkerTeam(2);
        foreach ((int m, int n, int k) in ((int, int, int)[])[(1, 1, 1), (13, 35, 700), (150, 130, 64), (25, 33, 0)])
        {
            using var a = new ProductCase(m, k, false, 0, "a");
            using var b = new ProductCase(k, n, false, 0, "b");
            using var plain = new ProductCase(m, n, false, 1, "c");
            using var marked = new ProductCase(m, n, false, 1, "c");
            MatrixProduct.Multiply(team, a.View, b.View, plain.View);
            MatrixProduct.Multiply(team, a.View, b.View, marked.View, false, 1, new AddPlace());
            for (int i = 0; i < m; i++)
            {
                for (int j = 0; j < n; j++)
                {
                    Assert.Equal(plain[i, j] + ((1000 * i) + j), marked[i, j]);
                }
            }
        }
    }

    private static void Check(
        WorkerTeam? team, int m, int n, int k, bool transposeA, bool transposeB, bool transposeC, bool accumulate, int padding, float alpha)
    {
        using var a = new ProductCase(m, k, transposeA, padding, "a");
        using var b = new ProductCase(k, n, transposeB, padding, "b");
        using var c = new ProductCase(m, n, transposeC, padding, "c");
        using var before = new ProductCase(m, n, transposeC, padding, "c");
        int gaps = c.CountGaps();
        MatrixProduct.Multiply(team, a.View, b.View, c.View, accumulate, alpha);
        for (int i = 0; i < m; i++)
        {
            for (int j = 0; j < n; j++)
            {
                double sum = accumulate ? before[i, j] : 0;
                double magnitude = Math.Abs(sum);
                float chain = (float)sum;
                for (int p = 0; p < k; p++)
                {
                    float scaled = alpha * a[i, p];
                    sum += (double)scaled * b[p, j];
                    magnitude += Math.Abs((double)scaled * b[p, j]);
                    chain = MathF.FusedMultiplyAdd(scaled, b[p, j], chain);
                }

                double bound = 1e-7 * (k + 1) * magnitude;
                Assert.True(Math.Abs(c[i, j] - sum) <= bound, $"{m}x{n}x{k} at [{i}, {j}]: {c[i, j]} instead of {sum}");
                if (VectorWidth.HasFusedMultiplyAdd)
                {
                    Assert.Equal(BitConverter.SingleToInt32Bits(chain), BitConverter.SingleToInt32Bits(c[i, j]));
                }
            }
        }

        Assert.Equal(gaps, c.CountGaps());
    }

    private readonly struct AddPlace : ITileEpilogue
    {
        public unsafe void Apply(float* tile, nint rowStride, int rows, int columns, int row, int column)
        {
            for (int i = 0; i < rows; i++)
            {
                for (int j = 0; j < columns; j++)
                {
                    tile[(i * rowStride) + j] += (1000 * (row + i)) + (column + j);
                }
            }
        }
    }
}
