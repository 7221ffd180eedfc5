namespace MuonSharp.Numerics.Tests;

public sealed unsafe class BatchedProductTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Each_product_of_a_batch_has_the_bits_of_the_product_alone(int threads)
    {
        const int Count = 9, M = 17, N = 33, K = 21;
        using var team = new WorkerTeam(threads);
        using var a = new ProductCase(Count * M, K, false, 0, "a");
        using var b = new ProductCase(K, N, true, 0, "b");
        using var c = new ProductCase(Count * M, N, false, 0, "c");
        using var expected = new ProductCase(Count * M, N, false, 0, "c");
        MatrixProduct.Multiply(null, a.View, b.View, expected.View, accumulate: true, alpha: 0.5f);
        BatchedProduct.Multiply(team, Count, a.View.Block(0, 0, M, K), M * K, b.View, 0, c.View.Block(0, 0, M, N), M * N, accumulate: true, alpha: 0.5f);
        for (int i = 0; i < Count * M; i++)
        {
            for (int j = 0; j < N; j++)
            {
                Assert.Equal(expected[i, j], c[i, j]);
            }
        }
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_refused()
    {
        using var a = new ProductCase(3, 4, false, 0, "a");
        Assert.Throws<ArgumentException>(() => BatchedProduct.Multiply(null, 2, a.View, 12, a.View, 12, a.View, 12));
    }
}
