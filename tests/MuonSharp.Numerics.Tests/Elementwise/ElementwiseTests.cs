namespace MuonSharp.Numerics.Tests;

public sealed unsafe class ElementwiseTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Every_length_is_mapped_and_nothing_beyond_it_is_touched(int threads)
    {
        using var team = new WorkerTeam(threads);
        foreach (int n in Enumerable.Range(0, 70).Append(Elementwise.Chunk - 1).Append(Elementwise.Chunk + 1).Append((5 * Elementwise.Chunk) + 7))
        {
            (float[]? a, float[]? b, float[]? c) = (Numbers(n, "a"), Numbers(n, "b"), Numbers(n, "c"));
            float[] y = new float[n + 1];
            fixed (float* pa = a, pb = b, pc = c, py = y)
            {
                y[n] = 99;
                Elementwise.Map(team, pa, py, n, new Scale(3));
                Assert.Equal(a.Select(v => v * 3).Append(99), y);
                Elementwise.Map2<Difference>(team, pa, pb, py, n);
                Assert.Equal(a.Zip(b, (v, w) => v - w).Append(99), y);
                Elementwise.Map2<Difference>(team, pb, pc, py, n, add: true);
                Assert.Equal(a.Zip(c, (v, w) => v - w).Append(99), y);
                Elementwise.Map(team, pc, py, n, new Scale(1), add: true);
                Assert.Equal(a.Append(99), y);
                Elementwise.Map(team, py, py, n, new Scale(0));
                Assert.All(y[..n], value => Assert.Equal(0, value));
            }
        }
    }

    /// <summary>Small integers, so that every operation of these tests is exact.</summary>
    private static float[] Numbers(int n, string name)
    {
        uint[] bits = new uint[n];
        new RandomStream(11, name).Fill(bits, 0, 0);
        return [.. bits.Select(value => (float)((int)(value % 201) - 100))];
    }

    private readonly struct Scale(float factor) : IUnaryOperator
    {
        public V Invoke<L, V>(V x)
            where L : struct, ILanes<V>
            where V : struct => L.Multiply(x, L.Broadcast(factor));
    }

    private readonly struct Difference : IBinaryOperator
    {
        public V Invoke<L, V>(V a, V b)
            where L : struct, ILanes<V>
            where V : struct => L.Subtract(a, b);
    }
}
