namespace MuonSharp.Numerics.Tests;

public unsafe class DoubleProductTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(5, 7, 9)]
    [InlineData(48, 128, 64)]
    [InlineData(49, 129, 65)]
    [InlineData(100, 300, 71)]
    public void Every_element_is_one_chain_of_fused_multiply_adds(int rows, int depth, int columns)
    {
        double[] left = DoubleMemory.Normal("left", rows * depth), right = DoubleMemory.Normal("right", depth * columns);
        using var team = new WorkerTeam(3);
        using DoubleMemory a = DoubleMemory.Of(left), b = DoubleMemory.Of(right);
        using var c = new DoubleMemory(rows * columns);
        using var transposed = new DoubleMemory(rows * columns);
        DoubleProduct.Multiply(team, DoubleMatrix.Dense(a.Pointer, rows, depth), DoubleMatrix.Dense(b.Pointer, depth, columns), DoubleMatrix.Dense(c.Pointer, rows, columns));
        DoubleProduct.Multiply(
            null,
            DoubleMatrix.Dense(b.Pointer, depth, columns).Transposed,
            DoubleMatrix.Dense(a.Pointer, rows, depth).Transposed,
            DoubleMatrix.Dense(transposed.Pointer, rows, columns).Transposed);
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                double expected = 0;
                for (int k = 0; k < depth; k++)
                {
                    expected = Math.FusedMultiplyAdd(left[(i * depth) + k], right[(k * columns) + j], expected);
                }

                Assert.Equal(expected, c.Span[(i * columns) + j]);
                Assert.Equal(expected, transposed.Span[(i * columns) + j]);
            }
        }
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(150, 40)]
    public void The_symmetric_product_has_the_bits_of_the_full_one(int size, int depth)
    {
        using DoubleMemory a = DoubleMemory.Of(DoubleMemory.Normal("symmetric", size * depth));
        using var full = new DoubleMemory(size * size);
        using var symmetric = new DoubleMemory(size * size);
        DoubleMatrix view = DoubleMatrix.Dense(a.Pointer, size, depth);
        DoubleProduct.Multiply(null, view, view.Transposed, DoubleMatrix.Dense(full.Pointer, size, size));
        DoubleProduct.MultiplySymmetric(null, view, view.Transposed, DoubleMatrix.Dense(symmetric.Pointer, size, size));
        Assert.Equal(full.Span.ToArray(), symmetric.Span.ToArray());
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_refused()
    {
        using var memory = new DoubleMemory(100);
        DoubleMatrix two = DoubleMatrix.Dense(memory.Pointer, 2, 3);
        Assert.Throws<ArgumentException>(() => DoubleProduct.Multiply(null, DoubleMatrix.Dense(memory.Pointer, 2, 3), DoubleMatrix.Dense(memory.Pointer, 2, 3), two));
    }
}
