using System.Runtime.Intrinsics;

namespace MuonSharp.Numerics.Tests;

public sealed unsafe class SameBitsTests
{
    private const int M = 203;
    private const int N = 167;
    private const int K = 1601;

    [Fact]
    public void Every_register_width_gives_the_same_bits()
    {
        Assert.SkipUnless(VectorWidth.HasFusedMultiplyAdd, "without fused multiply-adds the bits are not a contract");
        float[] narrow = Bits<Register128, Vector128<float>>();
        Assert.Equal(narrow, Bits<Register256, Vector256<float>>());
        Assert.Equal(narrow, Bits<RegisterScalar, float>());
        if (VectorWidth.Bits == 512)
        {
            Assert.Equal(narrow, Bits<Register512, Vector512<float>>());
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Any_number_of_workers_gives_the_same_bits(int threads)
    {
        using var a = new ProductCase(M, K, true, 0, "a");
        using var b = new ProductCase(K, N, false, 0, "b");
        using var alone = new ProductCase(M, N, false, 0, "c");
        using var shared = new ProductCase(M, N, false, 0, "c");
        using var team = new WorkerTeam(threads);
        MatrixProduct.Multiply(null, a.View, b.View, alone.View);
        IEnumerable<int> everyone = Enumerable.Range(0, threads);

        // On a busy machine a worker may come too late for a whole product; go on until each has had its share.
        for (int i = 0; i < 20 || (i < 20_000 && everyone.Any(worker => team.TasksOf(worker) == 0)); i++)
        {
            MatrixProduct.Multiply(team, a.View, b.View, shared.View);
        }

        Assert.Equal(Copy(alone), Copy(shared));
        Assert.All(everyone, worker => Assert.True(team.TasksOf(worker) > 0, $"worker {worker} of {threads} did nothing"));
        Assert.True(K > new ProductPlan(M, N, K, 12, 32, lowerOnly: false).Depth, "the product must cross a block of k");
        Assert.False(new ProductPlan(M, N, K, 12, 32, lowerOnly: false).IsSerial);
    }

    private static float[] Bits<R, V>()
        where R : struct, IRegister<V>
        where V : struct
    {
        using var a = new ProductCase(M, K, false, 1, "a");
        using var b = new ProductCase(K, N, true, 2, "b");
        using var c = new ProductCase(M, N, false, 0, "c");
        using var team = new WorkerTeam(2);
        ProductEngine<R, V>.Multiply(team, a.View, b.View, c.View, true, 0.3f, 1, false, default(NoEpilogue));
        return Copy(c);
    }

    private static float[] Copy(ProductCase matrix) =>
        [.. Enumerable.Range(0, M * N).Select(i => matrix[i / N, i % N])];
}
