using System.Runtime.Intrinsics;

namespace MuonSharp.Numerics.Tests;

/// <summary>Products with a factor that is written block by block: the chains of fused multiply-adds of the definition, each element of the factor asked for inside of its bounds.</summary>
public sealed unsafe class ImplicitProductTests
{
    /// <summary>Edges of tiles, single rows and columns, several runs of k, several blocks of rows, several groups of panels.</summary>
    public static TheoryData<int, int, int> Sizes => new() { { 1, 1, 1 }, { 7, 5, 12 }, { 97, 24, 9 }, { 500, 33, 70 }, { 205, 130, 1000 }, { 61, 64, 27 }, { 3, 300, 1600 } };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void A_factor_that_is_not_stored_gives_the_chains_of_one_that_is(int m, int n, int k)
    {
        float[] a = Numbers("a", m * k), b = Numbers("b", k * n), start = Numbers("c", m * n);
        foreach (bool accumulate in (bool[])[false, true])
        {
            float[] chains = Chains(a, b, start, (m, n, k), accumulate);
            foreach (int threads in (int[])[0, 1, 3])
            {
                using WorkerTeam? team = threads == 0 ? null : new WorkerTeam(threads);
                float[] rows = [.. start], columns = [.. start], transposed = Transposed(a, m, k);
                fixed (float* pa = a, pb = b, pt = transposed, pr = rows, pc = columns)
                {
                    ImplicitProduct.Multiply(team, new Stored(pa, m, k), Matrix.Dense(pb, k, n), Matrix.Dense(pr, m, n), accumulate, default(NoEpilogue));
                    ImplicitProduct.MultiplyTransposed(team, Matrix.Dense(pt, k, m), new Stored(pb, k, n), Matrix.Dense(pc, m, n), accumulate);
                }

                Assert.Equal(chains, rows);
                Assert.Equal(chains, columns);
            }
        }
    }

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

    [Fact]
    public void An_epilogue_sees_every_element_once()
    {
        float[] a = Numbers("a", 203 * 900), b = Numbers("b", 900 * 50), plain = new float[203 * 50], shifted = new float[203 * 50];
        using var team = new WorkerTeam(2);
        fixed (float* pa = a, pb = b, pp = plain, ps = shifted)
        {
            ImplicitProduct.Multiply(team, new Stored(pa, 203, 900), Matrix.Dense(pb, 900, 50), Matrix.Dense(pp, 203, 50), false, default(NoEpilogue));
            ImplicitProduct.Multiply(team, new Stored(pa, 203, 900), Matrix.Dense(pb, 900, 50), Matrix.Dense(ps, 203, 50), false, default(PlaceEpilogue));
        }

        Assert.Equal(plain.Select((value, i) => value + ((1000 * (i / 50)) + (i % 50))), shifted);
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_refused()
    {
        float[] some = new float[12];
        fixed (float* p = some)
        {
            var source = new Stored(p, 3, 2);
            Matrix wrong = Matrix.Dense(p, 3, 2), right = Matrix.Dense(p, 3, 3);
            Assert.Throws<ArgumentException>(() => ImplicitProduct.Multiply(null, source, wrong, right, false, default(NoEpilogue)));
            Assert.Throws<ArgumentException>(() => ImplicitProduct.MultiplyTransposed(null, wrong.Transposed, source, right, false));
        }
    }

    private static float[] Bits<R, V>()
        where R : struct, IRegister<V>
        where V : struct
    {
        const int M = 203, N = 67, K = 1601;
        float[] a = Numbers("a", M * K), b = Numbers("b", K * N), rows = new float[M * N], columns = new float[M * N], transposed = Transposed(a, M, K);
        using var team = new WorkerTeam(2);
        fixed (float* pa = a, pb = b, pt = transposed, pr = rows, pc = columns)
        {
            ImplicitRows<R, V, Stored, NoEpilogue>.Multiply(team, new Stored(pa, M, K), Matrix.Dense(pb, K, N), Matrix.Dense(pr, M, N), false, default);
            ImplicitColumns<R, V, Stored>.Multiply(team, Matrix.Dense(pt, K, M), new Stored(pb, K, N), Matrix.Dense(pc, M, N), false);
        }

        Assert.Equal(rows, columns);
        return rows;
    }

    private static float[] Numbers(string name, int count)
    {
        float[] values = new float[count];
        new RandomStream(3, name).FillNormal(values, 0, 0);
        return values;
    }

    private static float[] Transposed(float[] a, int rows, int columns) => [.. Enumerable.Range(0, a.Length).Select(i => a[(i % rows * columns) + (i / rows)])];

    private static float[] Chains(float[] a, float[] b, float[] start, (int M, int N, int K) size, bool accumulate)
    {
        float[] result = new float[start.Length];
        for (int i = 0; i < result.Length; i++)
        {
            float sum = accumulate ? start[i] : 0;
            for (int k = 0; k < size.K; k++)
            {
                (float left, float right) = (a[(i / size.N * size.K) + k], b[(k * size.N) + (i % size.N)]);
                sum = VectorWidth.HasFusedMultiplyAdd ? MathF.FusedMultiplyAdd(left, right, sum) : (left * right) + sum;
            }

            result[i] = sum;
        }

        return result;
    }

    /// <summary>A stored matrix that gives away blocks of itself.</summary>
    private readonly struct Stored(float* data, int rows, int columns) : IPanelSource
    {
        public int Rows => rows;

        public int Columns => columns;

        public void Fill(int row, int rows, int column, int columns, float* to, int width, nint panelStride)
        {
            if (row < 0 || column < 0 || row + rows > Rows || column + columns > Columns)
            {
                throw new ArgumentOutOfRangeException(nameof(row), $"{row} + {rows}, {column} + {columns} of {Rows} x {Columns}");
            }

            for (int i = 0; i < rows; i++)
            {
                for (int j = 0; j < columns; j++)
                {
                    to[(j / width * panelStride) + (i * width) + (j % width)] = data[((row + i) * Columns) + column + j];
                }
            }
        }
    }

    /// <summary>Adds to each element its place.</summary>
    private readonly struct PlaceEpilogue : ITileEpilogue
    {
        public void Apply(float* tile, nint rowStride, int rows, int columns, int row, int column)
        {
            for (int i = 0; i < rows; i++)
            {
                for (int j = 0; j < columns; j++)
                {
                    tile[(i * rowStride) + j] += (1000 * (row + i)) + column + j;
                }
            }
        }
    }
}
