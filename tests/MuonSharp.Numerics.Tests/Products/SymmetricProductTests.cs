namespace MuonSharp.Numerics.Tests;

public sealed class SymmetricProductTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Has_the_bits_of_the_general_product_in_both_triangles(bool shared)
    {
        using WorkerTeam? team = shared ? new WorkerTeam(2) : null;
        foreach (int m in (int[])[1, 2, 3, 5, 11, 12, 13, 31, 32, 33, 63, 64, 65, 95, 96, 97, 131, 200, 293])
        {
            foreach (int k in (int[])[1, 64, 900])
            {
                foreach (bool transposed in (bool[])[false, true])
                {
                    using var a = new ProductCase(m, k, transposed, 1, "a");
                    using var full = new ProductCase(m, m, false, 1, "c");
                    using var half = new ProductCase(m, m, transposed, 1, "c");
                    MatrixProduct.Multiply(null, a.View, a.View.Transposed, full.View);
                    SymmetricProduct.Multiply(team, a.View, a.View.Transposed, half.View);
                    for (int i = 0; i < m; i++)
                    {
                        for (int j = 0; j < m; j++)
                        {
                            Assert.Equal(full[i, j], half[i, j]);
                        }
                    }
                }
            }
        }
    }

    /// <summary>Many squares, whose strips are wider, and more columns than are packed at once.</summary>
    [Theory]
    [InlineData(864, 3)]
    [InlineData(865, 1)]
    [InlineData(961, 17)]
    [InlineData(1025, 9)]
    [InlineData(1153, 5)]
    [InlineData(2049, 2)]
    public void Large_ones_have_the_bits_of_the_general_product_in_both_triangles(int m, int k)
    {
        using var team = new WorkerTeam(3);
        using var a = new ProductCase(m, k, false, 1, "a");
        using var b = new ProductCase(k, m, false, 0, "b");
        using var full = new ProductCase(m, m, false, 1, "c");
        MatrixProduct.Multiply(null, a.View, b.View, full.View);
        foreach (WorkerTeam? workers in (WorkerTeam?[])[null, team])
        {
            using var half = new ProductCase(m, m, false, 1, "c");
            SymmetricProduct.Multiply(workers, a.View, b.View, half.View);
            for (int i = 0; i < m; i++)
            {
                for (int j = 0; j <= i; j++)
                {
                    if (full[i, j] != half[i, j] || full[i, j] != half[j, i])
                    {
                        Assert.Fail($"[{i}, {j}]: {full[i, j]:R} expected, {half[i, j]:R} below the diagonal, {half[j, i]:R} above");
                    }
                }
            }
        }
    }

    [Fact]
    public void Accumulates_onto_the_lower_triangle_and_mirrors_it()
    {
        const int M = 77;
        using var a = new ProductCase(M, 50, false, 0, "a");
        using var c = new ProductCase(M, M, false, 1, "c");
        using var before = new ProductCase(M, M, false, 1, "c");
        SymmetricProduct.Multiply(null, a.View, a.View.Transposed, c.View, accumulate: true, alpha: 2);
        for (int i = 0; i < M; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                double sum = before[i, j];
                for (int k = 0; k < 50; k++)
                {
                    sum += 2.0 * a[i, k] * a[j, k];
                }

                Assert.Equal(sum, c[i, j], 1e-4);
                Assert.Equal(c[i, j], c[j, i]);
            }
        }
    }

    [Fact]
    public void A_sum_of_no_terms_leaves_the_lower_triangle_and_mirrors_it()
    {
        using var a = new ProductCase(20, 0, false, 0, "a");
        using var c = new ProductCase(20, 20, false, 1, "c");
        using var before = new ProductCase(20, 20, false, 1, "c");
        SymmetricProduct.Multiply(null, a.View, a.View.Transposed, c.View, accumulate: true);
        for (int i = 0; i < 20; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                Assert.Equal(before[i, j], c[i, j]);
                Assert.Equal(before[i, j], c[j, i]);
            }
        }
    }

    [Fact]
    public void Factors_that_are_no_transposes_of_each_other_are_mirrored_whoever_computes_a_tile()
    {
        // Above the diagonal these products differ from what lies below: nothing of them may be left.
        const int M = 260;
        using var team = new WorkerTeam(3);
        using var a = new ProductCase(M, 40, false, 0, "a");
        using var b = new ProductCase(40, M, false, 0, "b");
        using var full = new ProductCase(M, M, false, 0, "c");
        using var half = new ProductCase(M, M, false, 0, "c");
        MatrixProduct.Multiply(null, a.View, b.View, full.View);
        for (int repeat = 0; repeat < 5; repeat++)
        {
            SymmetricProduct.Multiply(team, a.View, b.View, half.View);
            for (int i = 0; i < M; i++)
            {
                for (int j = 0; j <= i; j++)
                {
                    Assert.Equal(full[i, j], half[i, j]);
                    Assert.Equal(full[i, j], half[j, i]);
                }
            }
        }
    }

    [Fact]
    public void A_result_that_is_not_square_is_refused()
    {
        using var a = new ProductCase(3, 4, false, 0, "a");
        using var b = new ProductCase(4, 5, false, 0, "b");
        using var c = new ProductCase(3, 5, false, 0, "c");
        Assert.Contains("[3, 5]", Assert.Throws<ArgumentException>(() => SymmetricProduct.Multiply(null, a.View, b.View, c.View)).Message, StringComparison.Ordinal);
    }
}
