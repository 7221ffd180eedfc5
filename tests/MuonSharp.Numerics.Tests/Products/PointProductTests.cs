using System.Runtime.Intrinsics;

namespace MuonSharp.Numerics.Tests;

/// <summary>Products at many points with factors that are written row by row: the chains of fused multiply-adds of the definition.</summary>
public sealed unsafe class PointProductTests
{
    private const float Unwritten = -7;

    /// <summary>Edges of tiles and panels, single rows and columns, several blocks of rows, several runs of k, several groups of panels.</summary>
    public static TheoryData<int, int, int, int> Sizes => new()
    {
        { 1, 1, 1, 1 }, { 16, 13, 24, 40 }, { 3, 205, 33, 17 }, { 16, 97, 70, 64 }, { 2, 800, 16, 100 }, { 40, 30, 20, 9 }, { 1, 500, 300, 200 },
    };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Every_point_has_the_chains_of_its_matrices(int points, int m, int k, int n)
    {
        float[] a = Numbers("a", points * m * k), b = Numbers("b", points * k * n), expected = Chains(a, b, (points, m, k, n), transposed: false);
        foreach (int threads in (int[])[0, 1, 3])
        {
            using WorkerTeam? team = threads == 0 ? null : new WorkerTeam(threads);
            Assert.Equal(expected, Multiply(a, b, (points, m, k, n), (source, panels, target) => PointProduct.Multiply(team, source, panels, target)));
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void A_transposed_product_has_the_chains_over_all_rows(int points, int k, int m, int n)
    {
        float[] a = Numbers("a", points * k * m), b = Numbers("b", points * k * n), expected = Chains(a, b, (points, m, k, n), transposed: true);
        foreach (int threads in (int[])[0, 1, 3])
        {
            using WorkerTeam? team = threads == 0 ? null : new WorkerTeam(threads);
            float[] c = [.. Enumerable.Repeat(Unwritten, points * m * n)];
            fixed (float* pa = a, pb = b, pc = c)
            {
                PointProduct.MultiplyTransposed(team, points, new Stored(pa, points, k, m), new Stored(pb, points, k, n), pc);
            }

            Assert.Equal(expected, c);
        }
    }

    [Fact]
    public void Every_register_width_gives_the_same_bits()
    {
        Assert.SkipUnless(VectorWidth.HasFusedMultiplyAdd, "without fused multiply-adds the bits are not a contract");
        float[] narrow = Bits<Register128, Vector128<float>>();
        Assert.Equal(narrow, Bits<RegisterScalar, float>());
        Assert.Equal(narrow, Bits<Register256, Vector256<float>>());
        if (VectorWidth.Bits == 512)
        {
            Assert.Equal(narrow, Bits<Register512, Vector512<float>>());
        }
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_refused()
    {
        using NativeBuffer some = new(64);
        Stored source = new(some.Pointer, 1, 3, 2), shorter = new(some.Pointer, 1, 2, 2);
        PointPanels panels = new(some.Pointer, 1, 1, 1);
        Assert.Contains("[3, 2] and [1, 1] at 1", Assert.Throws<ArgumentException>(() => PointProduct.Multiply(null, source, panels, default(Collected))).Message, StringComparison.Ordinal);
        Assert.Contains("[3, 2] and [2, 2] at 1", Assert.Throws<ArgumentException>(() => PointProduct.MultiplyTransposed(null, 1, source, shorter, null)).Message, StringComparison.Ordinal);
    }

    private delegate void Product(Stored source, PointPanels panels, Collected target);

    private static float[] Multiply(float[] a, float[] b, (int Points, int M, int K, int N) size, Product product)
    {
        float[] c = [.. Enumerable.Repeat(Unwritten, size.Points * size.M * size.N)];
        using NativeBuffer packed = new(PointPanels.Length(size.Points, size.K, size.N));
        packed.AsSpan().Fill(float.NaN);
        PointPanels panels = new(packed.Pointer, size.Points, size.K, size.N);
        for (int i = 0; i < b.Length; i++)
        {
            *panels.At(i / (size.K * size.N), i / size.N % size.K, i % size.N) = b[i];
        }

        fixed (float* pa = a, pc = c)
        {
            product(new(pa, size.Points, size.M, size.K), panels, new(pc, size));
        }

        return c;
    }

    private static float[] Bits<R, V>()
        where R : struct, IRegister<V>
        where V : struct
    {
        const int Points = 5, M = 203, K = 61, N = 67;
        float[] a = Numbers("a", Points * M * K), b = Numbers("b", Points * K * N), other = Numbers("c", Points * M * N), c = new float[Points * K * N];
        using var team = new WorkerTeam(2);
        float[] rows = Multiply(a, b, (Points, M, K, N), (source, panels, target) => PointRows<R, V, Stored, Collected>.Multiply(team, source, panels, target));
        fixed (float* pa = a, po = other, pc = c)
        {
            PointColumns<R, V, Stored, Stored>.Multiply(team, Points, new(pa, Points, M, K), new(po, Points, M, N), pc);
        }

        return [.. rows, .. c];
    }

    private static float[] Numbers(string name, int count)
    {
        float[] values = new float[count];
        new RandomStream(3, name).FillNormal(values, 0, 0);
        return values;
    }

    private static float[] Chains(float[] a, float[] b, (int Points, int M, int K, int N) size, bool transposed)
    {
        (int points, int m, int k, int n) = size;
        float[] result = new float[points * m * n];
        for (int at = 0; at < result.Length; at++)
        {
            (int p, int i, int j) = (at / (m * n), at / n % m, at % n);
            float sum = 0;
            for (int step = 0; step < k; step++)
            {
                (float left, float right) = (a[(p * m * k) + (transposed ? (step * m) + i : (i * k) + step)], b[(((p * k) + step) * n) + j]);
                sum = VectorWidth.HasFusedMultiplyAdd ? MathF.FusedMultiplyAdd(left, right, sum) : (left * right) + sum;
            }

            result[at] = sum;
        }

        return result;
    }

    /// <summary>Stored matrices that give away rows of themselves.</summary>
    private readonly struct Stored(float* data, int points, int rows, int columns) : IPointSource
    {
        public int Rows => rows;

        public int Columns => columns;

        public void Fill(int row, int rows, float* to, int width, nint panelStride, nint pointStride)
        {
            if (row < 0 || row + rows > Rows)
            {
                throw new ArgumentOutOfRangeException(nameof(row), $"{row} + {rows} of {Rows}");
            }

            for (int p = 0; p < points; p++)
            {
                for (int at = 0; at < rows * columns; at++)
                {
                    (int i, int j) = Math.DivRem(at, columns);
                    to[(p * pointStride) + (j / width * panelStride) + (i * width) + (j % width)] = data[(((p * Rows) + row + i) * columns) + j];
                }
            }
        }
    }

    /// <summary>Keeps the products; each element may come once.</summary>
    private readonly struct Collected(float* data, (int Points, int M, int K, int N) size) : IPointTarget
    {
        public void Take(int row, int rows, int column, int columns, float* products, nint rowStride, nint pointStride)
        {
            for (int p = 0; p < size.Points; p++)
            {
                for (int at = 0; at < rows * columns; at++)
                {
                    (int i, int j) = Math.DivRem(at, columns);
                    float* to = data + (((((long)p * size.M) + row + i) * size.N) + column + j);
                    Assert.Equal(Unwritten, *to);
                    *to = products[(p * pointStride) + (i * rowStride) + j];
                }
            }
        }
    }
}
