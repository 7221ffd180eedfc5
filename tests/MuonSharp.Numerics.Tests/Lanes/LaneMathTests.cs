using System.Runtime.Intrinsics;

namespace MuonSharp.Numerics.Tests;

public sealed unsafe class LaneMathTests
{
    private static readonly double[] s_erfTable = [0, 0.5, 1, 1.5, 2, 3];

    [Fact]
    public void Exp_is_accurate_relatively_and_saturates()
    {
        Check<ExpOperator>(Math.Exp, -87.3, 88.7, relative: 2e-7);
        Assert.Equal([0f, 0f, 1f, float.PositiveInfinity, float.PositiveInfinity], Map<ExpOperator>([float.NegativeInfinity, -200, 0, 89, float.PositiveInfinity]));
    }

    [Fact]
    public void Log_is_accurate()
    {
        Check<LogOperator>(Math.Log, 0.001, 5, absolute: 2e-7, relative: 2e-7);
        Check<LogOperator>(Math.Log, 5, 1e6, relative: 2e-7);
        Assert.Equal(0, Map<LogOperator>([1f])[0]);
    }

    [Fact]
    public void Tanh_is_accurate()
    {
        Check<TanhOperator>(Math.Tanh, -12, 12, absolute: 2e-7);
        Check<TanhOperator>(Math.Tanh, -0.01, 0.01, relative: 2e-7);
    }

    [Fact]
    public void Sigmoid_is_accurate() => Check<SigmoidOperator>(x => 1 / (1 + Math.Exp(-x)), -80, 80, relative: 4e-7);

    [Fact]
    public void Erf_is_accurate()
    {
        Check<ErfOperator>(Erf, -5, 5, absolute: 2e-7);
        Check<ErfOperator>(Erf, -0.01, 0.01, relative: 2e-7);
        Assert.Equal([-1f, 1f], Map<ErfOperator>([-9, 9]));
    }

    [Fact]
    public void The_normal_distribution_and_its_density_are_accurate()
    {
        Check<DistributionOperator>(x => (1 + Erf(x / Math.Sqrt(2))) / 2, -8, 8, absolute: 1e-7);
        Check<DistributionOperator>(x => (1 + Erf(x / Math.Sqrt(2))) / 2, -5, 0, relative: 5e-3);
        Assert.Equal([0f, 0f, 0.5f, 1f, 1f], Map<DistributionOperator>([float.NegativeInfinity, -40, 0, 40, float.PositiveInfinity]));
        Check<DensityOperator>(x => Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI), -5, 5, absolute: 0, relative: 1.5e-6);
    }

    [Fact]
    public void Not_a_number_stays_one()
    {
        Assert.True(float.IsNaN(Map<ExpOperator>([float.NaN])[0]));
        Assert.True(float.IsNaN(Map<TanhOperator>([float.NaN])[0]));
        Assert.True(float.IsNaN(Map<ErfOperator>([float.NaN])[0]));
        Assert.True(float.IsNaN(Map<SigmoidOperator>([float.NaN])[0]));
        Assert.True(float.IsNaN(Map<DistributionOperator>([float.NaN])[0]));
        Assert.True(float.IsNaN(Map<DensityOperator>([float.NaN])[0]));
    }

    [Fact]
    public void The_reference_erf_of_this_test_agrees_with_published_values()
    {
        double[] published = [0, 0.5204998778130465, 0.8427007929497149, 0.9661051464753108, 0.9953222650189527, 0.9999779095030014];
        Assert.All(s_erfTable.Zip(published), pair => Assert.Equal(pair.Second, Erf(pair.First), 1e-14));
    }

    [Fact]
    public void Every_width_gives_the_same_bits()
    {
        Assert.SkipUnless(VectorWidth.HasFusedMultiplyAdd, "without fused multiply-adds the bits are not a contract");
        float[] x = new float[4096];
        new RandomStream(3, "x").FillUniform(x, 0, 0);
        for (int i = 0; i < x.Length; i++)
        {
            x[i] = (x[i] * 24) - 12;
        }

        SameBits<ExpOperator>(x);
        SameBits<TanhOperator>(x);
        SameBits<ErfOperator>(x);
        SameBits<SigmoidOperator>(x);
        SameBits<DensityOperator>(x);
        SameBits<DistributionOperator>(x);
        SameBits<ExpOperator>([.. x.Select(value => value * 8)]);
        SameBits<LogOperator>([.. x.Select(MathF.Abs)]);
    }

    [Fact]
    public void Sums_and_maxima_of_lanes_follow_one_tree_in_every_width()
    {
        float[] x = new float[16];
        for (ulong step = 0UL; step < 200; step++)
        {
            new RandomStream(5, "lanes").FillNormal(x, step, 0);
            int halves = x.Length;
            float[] tree = x.ToArray();
            while (halves > 1)
            {
                halves /= 2;
                for (int i = 0; i < halves; i++)
                {
                    tree[i] += tree[i + halves];
                }
            }

            fixed (float* p = x)
            {
                Assert.Equal(tree[0], Lanes512.Sum(Lanes512.Load(p)));
                Assert.Equal(tree[0], Lanes256.Sum(Lanes256.Load(p)));
                Assert.Equal(tree[0], Lanes128.Sum(Lanes128.Load(p)));
                Assert.Equal(x.Max(), Lanes512.Maximum(Lanes512.Load(p)));
                Assert.Equal(x.Max(), Lanes256.Maximum(Lanes256.Load(p)));
                Assert.Equal(x.Max(), Lanes128.Maximum(Lanes128.Load(p)));
            }
        }
    }

    /// <summary>Words above 2³¹ are no negative numbers.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(0x80000000)]
    [InlineData(uint.MaxValue)]
    public void Words_below_a_bound(uint bound)
    {
        uint[] words = [0, 1, 2, 0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, uint.MaxValue, 3, 4, 0x90000000, 5, 0xa0000000, 0, uint.MaxValue, 6];
        float[] expected = [.. words.Select(word => word < bound ? 1f : 0f)];
        fixed (uint* p = words)
        {
            Assert.Equal(expected, Chosen<Lanes512, Vector512<float>>(Lanes512.AreBelow(p, bound)));
            Assert.Equal(expected, Chosen<Lanes256, VectorPair>(Lanes256.AreBelow(p, bound)));
            Assert.Equal(expected, Chosen<Lanes128, VectorQuad>(Lanes128.AreBelow(p, bound)));
        }

        static float[] Chosen<L, V>(V mask)
            where L : struct, ILanes<V>
            where V : struct
        {
            float[] y = new float[16];
            fixed (float* to = y)
            {
                L.Store(to, L.Choose(mask, L.Broadcast(1), L.Broadcast(0)));
            }

            return y;
        }
    }

    private static void Check<TOperator>(Func<double, double> exact, double from, double to, double absolute = 0, double relative = 0)
        where TOperator : struct, IUnaryOperator
    {
        const int Count = 200_001;
        float[] x = new float[Count];
        for (int i = 0; i < Count; i++)
        {
            x[i] = (float)(from + ((to - from) * i / (Count - 1)));
        }

        float[] y = Map<TOperator>(x);
        for (int i = 0; i < Count; i++)
        {
            double expected = exact(x[i]);
            Assert.True(Math.Abs(y[i] - expected) <= absolute + (relative * Math.Abs(expected)), $"f({x[i]:R}) = {y[i]:R} instead of {expected:R}");
        }
    }

    private static float[] Map<TOperator>(float[] x)
        where TOperator : struct, IUnaryOperator
    {
        float[] y = new float[x.Length];
        fixed (float* from = x, to = y)
        {
            Elementwise.Map<TOperator>(null, from, to, x.Length);
        }

        return y;
    }

    private static void SameBits<TOperator>(float[] x)
        where TOperator : struct, IUnaryOperator
    {
        float[][] results = new float[3][];
        fixed (float* p = x)
        {
            results[0] = Body<TOperator, Lanes512, Vector512<float>>(p, x.Length);
            results[1] = Body<TOperator, Lanes256, VectorPair>(p, x.Length);
            results[2] = Body<TOperator, Lanes128, VectorQuad>(p, x.Length);
        }

        Assert.Equal(results[0], results[1]);
        Assert.Equal(results[0], results[2]);
    }

    private static float[] Body<TOperator, L, V>(float* x, int count)
        where TOperator : struct, IUnaryOperator
        where L : struct, ILanes<V>
        where V : struct
    {
        float[] y = new float[count];
        fixed (float* to = y)
        {
            for (int i = 0; i < count; i += 16)
            {
                L.Store(to + i, default(TOperator).Invoke<L, V>(L.Load(x + i)));
            }
        }

        return y;
    }

    /// <summary>erf by its Maclaurin series below 3, and by the continued fraction of erfc above.</summary>
    private static double Erf(double x)
    {
        double a = Math.Abs(x);
        if (a >= 3)
        {
            double fraction = 0.0;
            for (int k = 60; k > 0; k--)
            {
                fraction = k / 2.0 / (a + fraction);
            }

            return Math.CopySign(1 - (Math.Exp(-a * a) / Math.Sqrt(Math.PI) / (a + fraction)), x);
        }

        double term = x, sum = x;
        for (int n = 1; n < 80; n++)
        {
            term *= -x * x / n;
            sum += term / ((2 * n) + 1);
        }

        return sum * 2 / Math.Sqrt(Math.PI);
    }

    private readonly struct ExpOperator : IUnaryOperator
    {
        public V Invoke<L, V>(V x)
            where L : struct, ILanes<V>
            where V : struct => LaneMath.Exp<L, V>(x);
    }

    private readonly struct LogOperator : IUnaryOperator
    {
        public V Invoke<L, V>(V x)
            where L : struct, ILanes<V>
            where V : struct => LaneMath.Log<L, V>(x);
    }

    private readonly struct TanhOperator : IUnaryOperator
    {
        public V Invoke<L, V>(V x)
            where L : struct, ILanes<V>
            where V : struct => LaneMath.Tanh<L, V>(x);
    }

    private readonly struct ErfOperator : IUnaryOperator
    {
        public V Invoke<L, V>(V x)
            where L : struct, ILanes<V>
            where V : struct => LaneMath.Erf<L, V>(x);
    }

    private readonly struct SigmoidOperator : IUnaryOperator
    {
        public V Invoke<L, V>(V x)
            where L : struct, ILanes<V>
            where V : struct => LaneMath.Sigmoid<L, V>(x);
    }

    private readonly struct DistributionOperator : IUnaryOperator
    {
        public V Invoke<L, V>(V x)
            where L : struct, ILanes<V>
            where V : struct => LaneMath.NormalDistribution<L, V>(x);
    }

    private readonly struct DensityOperator : IUnaryOperator
    {
        public V Invoke<L, V>(V x)
            where L : struct, ILanes<V>
            where V : struct => LaneMath.NormalDensity<L, V>(x);
    }
}
