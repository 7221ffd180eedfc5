namespace MuonSharp.Numerics.Tests;

/// <summary>Products by group of rows: the chains of fused multiply-adds that the definition has, whatever the groups, the threads and the register width.</summary>
public sealed unsafe class GroupedProductTests
{
    /// <summary>Empty groups at both ends and between, single rows, one group that has all, and blocks of rows and columns with edges.</summary>
    public static TheoryData<int[], int, int> Cases => new()
    {
        { [0, 3, 0, 1, 17, 0], 33, 21 },
        { [0, 0, 41, 0], 7, 5 },
        { [300, 0, 513], 40, 530 },
        { [1], 1, 1 },
        { [12, 24, 36, 0, 48], 64, 64 },
        { [0, 0], 9, 9 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Each_row_is_multiplied_by_its_groups_matrix(int[] counts, int k, int n)
    {
        int rows = counts.Sum();
        int[] starts = Starts(counts);
        foreach (bool transposed in (bool[])[false, true])
        {
            foreach (bool accumulate in (bool[])[false, true])
            {
                using var a = new ProductCase(rows, k, false, 1, "a");
                using var b = new ProductCase(counts.Length * (transposed ? n : k), transposed ? k : n, false, 0, "b");
                MatrixStack stack = MatrixStack.Dense(b.View.Data, counts.Length, transposed ? n : k, transposed ? k : n);
                stack = transposed ? stack.Transposed : stack;
                using var before = new ProductCase(rows, n, false, 2, "c");
                foreach (int threads in (int[])[0, 1, 3])
                {
                    using WorkerTeam? team = threads == 0 ? null : new WorkerTeam(threads);
                    using var c = new ProductCase(rows, n, false, 2, "c");
                    GroupedProduct.Multiply(team, a.View, starts, stack, c.View, accumulate);
                    for (int group = 0; group < counts.Length; group++)
                    {
                        for (int row = starts[group]; row < starts[group + 1]; row++)
                        {
                            for (int column = row % 3; column < n; column += n > 100 ? 7 : 1)
                            {
                                Matrix mine = stack[group];
                                AssertChain(accumulate ? before[row, column] : 0, k, i => a[row, i], i => mine.Data[(i * mine.RowStride) + (column * mine.ColumnStride)], c[row, column]);
                            }
                        }
                    }

                    Assert.Equal(before.CountGaps(), c.CountGaps());
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Each_groups_gradient_comes_from_its_own_rows(int[] counts, int m, int n)
    {
        int rows = counts.Sum();
        int[] starts = Starts(counts);
        foreach (bool accumulate in (bool[])[false, true])
        {
            using var a = new ProductCase(rows, m, false, 1, "a");
            using var b = new ProductCase(rows, n, false, 0, "b");
            using var before = new ProductCase(counts.Length * m, n, false, 0, "c");
            foreach (int threads in (int[])[0, 3])
            {
                using WorkerTeam? team = threads == 0 ? null : new WorkerTeam(threads);
                using var c = new ProductCase(counts.Length * m, n, false, 0, "c");
                GroupedProduct.MultiplyTransposed(team, a.View, b.View, starts, MatrixStack.Dense(c.View.Data, counts.Length, m, n), accumulate);
                for (int i = 0; i < counts.Length * m; i++)
                {
                    int first = starts[i / m], of = i % m;
                    for (int column = i % 3; column < n; column += n > 100 ? 7 : 1)
                    {
                        AssertChain(
                            accumulate ? before[i, column] : 0, counts[i / m], row => a[first + row, of], row => b[first + row, column], c[i, column]);
                    }
                }

                Assert.Equal(before.CountGaps(), c.CountGaps());
            }
        }
    }

    [Fact]
    public void Groups_that_do_not_cover_the_rows_are_refused()
    {
        using var a = new ProductCase(5, 3, false, 0, "a");
        using var c = new ProductCase(5, 4, false, 0, "c");
        MatrixStack stack = MatrixStack.Dense(c.View.Data, 2, 3, 4);
        foreach (int[] starts in (int[][])[[0, 5], [0, 6, 5], [0, 2, 4], [1, 2, 5], [0, 1, 2, 5]])
        {
            ArgumentException error = Assert.Throws<ArgumentException>(() => GroupedProduct.Multiply(null, a.View, starts, stack, c.View));
            Assert.Equal($"[grouped product] 2 groups cover 5 rows in order, with a first row each and the number of rows at the end; {string.Join(' ', starts)}", error.Message);
        }
    }

    private static void AssertChain(float start, int length, Func<int, float> left, Func<int, float> right, float actual)
    {
        float chain = start;
        for (int i = 0; i < length; i++)
        {
            chain = MathF.FusedMultiplyAdd(left(i), right(i), chain);
        }

        if (VectorWidth.HasFusedMultiplyAdd)
        {
            Assert.Equal(chain, actual);
        }
        else
        {
            Assert.Equal(chain, actual, 1e-5 * Math.Max(1, length));
        }
    }

    private static int[] Starts(int[] counts) => [0, .. counts.Select((_, i) => counts[..(i + 1)].Sum())];
}
