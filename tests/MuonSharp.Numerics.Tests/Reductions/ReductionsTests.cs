namespace MuonSharp.Numerics.Tests;

public sealed unsafe class ReductionsTests
{
    [Fact]
    public void Sums_agree_with_double_precision_for_every_length()
    {
        foreach (int n in Enumerable.Range(0, 300).Append(16384).Append(16385).Append(1_200_007))
        {
            float[] x = Normal(n);
            fixed (float* p = x)
            {
                double squares = x.Sum(v => (double)v * v);
                Assert.Equal(squares, Reductions.SumOfSquares(null, p, n), 1e-6 * squares);
                Assert.Equal(n == 0 ? 0 : x.Max(MathF.Abs), Reductions.MaximumMagnitude(null, p, n));
            }
        }
    }

    [Fact]
    public void The_number_of_workers_does_not_change_a_bit()
    {
        float[] x = Normal(1_500_001);
        fixed (float* p = x)
        {
            double alone = Reductions.SumOfSquares(null, p, x.Length);
            foreach (int threads in (int[])[1, 2, 3])
            {
                using var team = new WorkerTeam(threads);
                Assert.Equal(alone, Reductions.SumOfSquares(team, p, x.Length));
            }
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void One_value_that_is_not_finite_is_found_anywhere(float bad)
    {
        foreach (int n in (int[])[1, 15, 16, 17, 40, 20_000])
        {
            for (int at = 0; at < n; at += Math.Max(1, n / 37))
            {
                float[] x = Normal(n);
                fixed (float* p = x)
                {
                    Assert.True(Reductions.AllFinite(null, p, n));
                    x[at] = bad;
                    Assert.False(Reductions.AllFinite(null, p, n));
                }
            }
        }
    }

    private static float[] Normal(int n)
    {
        float[] x = new float[n];
        new RandomStream(2, "x").FillNormal(x, 0, 0);
        return x;
    }
}
