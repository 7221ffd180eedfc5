using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace MuonSharp.Numerics;

/// <summary>C = epilogue([C +] A B) for a few rows of A, as when a model draws one token: B is read once, where it lies, at the speed of memory.</summary>
/// <remarks>
/// <para>Packing pays when what is packed is used by many rows; here it would write and read again every weight. Tasks own ranges of columns, and sums are
/// carried on through C, so that every element is the chain in ascending k that it is in the packed product: the same bits.</para>
/// <para>Cost: one pass over B, which for one or two rows takes longer than the arithmetic; with more than six packing is faster. No scratch.</para>
/// </remarks>
internal static unsafe class ThinProduct<R, V>
    where R : struct, IRegister<V>
    where V : struct
{
    /// <summary>Rows of A up to which reading B where it lies is the faster way.</summary>
    private const int MaximumRows = 6;

    /// <summary>Whether a product is one of these.</summary>
    /// <param name="a">Left factor.</param>
    /// <param name="b">Right factor.</param>
    /// <param name="c">Result.</param>
    public static bool Fits(Matrix a, Matrix b, Matrix c) => a.Rows <= MaximumRows && (b.ColumnStride == 1 || b.RowStride == 1) && c.ColumnStride == 1;

    /// <summary>C = epilogue([C +] A B).</summary>
    /// <typeparam name="TEpilogue">An elementwise operation on finished tiles.</typeparam>
    /// <param name="team">Workers, or null.</param>
    /// <param name="a">Shape [m, k], k above 0.</param>
    /// <param name="b">Shape [k, n], rows or columns adjacent.</param>
    /// <param name="c">Shape [m, n], columns adjacent.</param>
    /// <param name="accumulate">Whether the sums start from C.</param>
    /// <param name="epilogue">The operation.</param>
    public static void Multiply<TEpilogue>(WorkerTeam? team, Matrix a, Matrix b, Matrix c, bool accumulate, TEpilogue epilogue)
        where TEpilogue : struct, ITileEpilogue
    {
        var job = new Job<TEpilogue>(a, b, c, accumulate, epilogue);
        TeamRunner.Run(team, job.Tasks, ref job);
    }

    private readonly struct Job<TEpilogue>(Matrix a, Matrix b, Matrix c, bool accumulate, TEpilogue epilogue) : ITeamJob
        where TEpilogue : struct, ITileEpilogue
    {
        /// <summary>Columns of a task: two tasks at least for a width of 384, and where a B is too large for a cache runs of 1,536 bytes of each row, which are long enough for the
        /// processor to look ahead by itself. Asking for lines instead takes its few places for lines that are missing.</summary>
        private int Columns => c.Columns >= 768 ? 384 : 192;

        public int Tasks => (c.Columns + Columns - 1) / Columns;

        public void Run(int task, int worker)
        {
            int column = task * Columns;
            int columns = Math.Min(Columns, c.Columns - column);
            Matrix mine = c.Block(0, column, c.Rows, columns);
            if (b.ColumnStride == 1)
            {
                ThinRows<R, V>.Run(a, b.Block(0, column, b.Rows, columns), mine, accumulate);
            }
            else
            {
                ThinColumns<R, V>.Run(a, b.Block(0, column, b.Rows, columns), mine, accumulate);
            }

            epilogue.Apply(mine.Data, mine.RowStride, mine.Rows, columns, 0, column);
        }
    }
}

/// <summary>The thin product with a B whose rows are adjacent: eight of them at a time, so that C, in the nearest cache, is read and written an eighth as often as B.</summary>
internal static unsafe class ThinRows<R, V>
    where R : struct, IRegister<V>
    where V : struct
{
    private const int Steps = 8;

    public static void Run(Matrix a, Matrix b, Matrix c, bool accumulate)
    {
        for (int step = 0; step < b.Rows; step += Steps)
        {
            for (int row = 0; row < c.Rows; row++)
            {
                float* left = a.Data + (row * a.RowStride) + (step * a.ColumnStride);
                float* right = b.Data + (step * b.RowStride);
                float* sums = c.Data + (row * c.RowStride);
                if (b.Rows - step >= Steps)
                {
                    Eight(left, a.ColumnStride, right, b.RowStride, sums, c.Columns, accumulate || step > 0);
                }
                else
                {
                    Last(b.Rows - step, left, a.ColumnStride, right, b.RowStride, sums, c.Columns, accumulate || step > 0);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Eight(float* a, nint aStep, float* b, nint bStep, float* c, int columns, bool accumulate)
    {
        V a0 = R.Broadcast(a), a1 = R.Broadcast(a + aStep), a2 = R.Broadcast(a + (2 * aStep)), a3 = R.Broadcast(a + (3 * aStep));
        V a4 = R.Broadcast(a + (4 * aStep)), a5 = R.Broadcast(a + (5 * aStep)), a6 = R.Broadcast(a + (6 * aStep)), a7 = R.Broadcast(a + (7 * aStep));
        float* b1 = b + bStep;
        float* b3 = b + (3 * bStep);
        float* b5 = b + (5 * bStep);
        float* b7 = b + (7 * bStep);
        int j = 0;
        for (; j <= columns - R.Count; j += R.Count)
        {
            V sum = accumulate ? R.Load(c + j) : R.Zero;
            sum = R.MultiplyAdd(a0, R.Load(b + j), sum);
            sum = R.MultiplyAdd(a1, R.Load(b1 + j), sum);
            sum = R.MultiplyAdd(a2, R.Load(b1 + bStep + j), sum);
            sum = R.MultiplyAdd(a3, R.Load(b3 + j), sum);
            sum = R.MultiplyAdd(a4, R.Load(b3 + bStep + j), sum);
            sum = R.MultiplyAdd(a5, R.Load(b5 + j), sum);
            sum = R.MultiplyAdd(a6, R.Load(b5 + bStep + j), sum);
            sum = R.MultiplyAdd(a7, R.Load(b7 + j), sum);
            R.Store(c + j, sum);
        }

        Rest(Steps, a, aStep, b + j, bStep, c + j, columns - j, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Last(int steps, float* a, nint aStep, float* b, nint bStep, float* c, int columns, bool accumulate)
    {
        int j = 0;
        for (; j <= columns - R.Count; j += R.Count)
        {
            V sum = accumulate ? R.Load(c + j) : R.Zero;
            for (int step = 0; step < steps; step++)
            {
                sum = R.MultiplyAdd(R.Broadcast(a + (step * aStep)), R.Load(b + (step * bStep) + j), sum);
            }

            R.Store(c + j, sum);
        }

        Rest(steps, a, aStep, b + j, bStep, c + j, columns - j, accumulate);
    }

    /// <summary>Columns that do not fill a register.</summary>
    private static void Rest(int steps, float* a, nint aStep, float* b, nint bStep, float* c, int columns, bool accumulate)
    {
        for (int j = 0; j < columns; j++)
        {
            float sum = accumulate ? c[j] : 0;
            for (int step = 0; step < steps; step++)
            {
                sum = RegisterScalar.MultiplyAdd(a[step * aStep], b[(step * bStep) + j], sum);
            }

            c[j] = sum;
        }
    }
}

/// <summary>The thin product with a B that is stored transposed: four steps of a register's columns are turned round in registers, for four registers and one or
/// two rows of A at a time.</summary>
/// <remarks>That many lines of memory are read side by side, more than processors look ahead for by themselves: they are asked for.</remarks>
internal static unsafe class ThinColumns<R, V>
    where R : struct, IRegister<V>
    where V : struct
{
    private const int Groups = 4;

    /// <summary>Floats of a cache line.</summary>
    private const int Line = 16;

    /// <summary>Floats from a line to the one that is asked for meanwhile.</summary>
    private const int Ahead = 6 * Line;

    private static int Width => Groups * R.Count;

    public static void Run(Matrix a, Matrix b, Matrix c, bool accumulate)
    {
        int column = 0;
        for (; column <= c.Columns - Width; column += Width)
        {
            Matrix columns = b.Block(0, column, b.Rows, Width);
            int row = 0;
            for (; row < c.Rows - 1; row += 2)
            {
                Strip<Two>(a.Block(row, 0, 2, a.Columns), columns, c.Block(row, column, 2, Width), accumulate);
            }

            if (row < c.Rows)
            {
                Strip<One>(a.Block(row, 0, 1, a.Columns), columns, c.Block(row, column, 1, Width), accumulate);
            }
        }

        for (; column < c.Columns; column++)
        {
            Column(a, b.Block(0, column, b.Rows, 1), c.Block(0, column, c.Rows, 1), accumulate);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Strip<TRows>(Matrix a, Matrix b, Matrix c, bool accumulate)
        where TRows : struct, IRows
    {
        V c0 = R.Zero, c1 = R.Zero, c2 = R.Zero, c3 = R.Zero, d0 = R.Zero, d1 = R.Zero, d2 = R.Zero, d3 = R.Zero;
        float* second = c.Data + (TRows.Two ? c.RowStride : 0);
        if (accumulate)
        {
            (c0, c1) = (R.Load(c.Data), R.Load(c.Data + R.Count));
            (c2, c3) = (R.Load(c.Data + (2 * R.Count)), R.Load(c.Data + (3 * R.Count)));
            (d0, d1) = (R.Load(second), R.Load(second + R.Count));
            (d2, d3) = (R.Load(second + (2 * R.Count)), R.Load(second + (3 * R.Count)));
        }

        nint stride = b.ColumnStride;
        nint group = R.Count * stride;
        float* right = b.Data;
        float* left = a.Data;
        float* other = a.Data + (TRows.Two ? a.RowStride : 0);
        nint aStep = a.ColumnStride;
        int step = 0;
        for (; step <= b.Rows - Line; step += Line, right += Line, left += Line * aStep, other += Line * aStep)
        {
            // Behind the end of a column the next columns begin.
            int ahead = step + Ahead;
            Ask(b.Data + (ahead < b.Rows ? ahead : ahead - b.Rows + (Width * stride)), stride);
            Steps<TRows>(left, other, aStep, right, stride, ref c0, ref d0);
            Steps<TRows>(left, other, aStep, right + group, stride, ref c1, ref d1);
            Steps<TRows>(left, other, aStep, right + (2 * group), stride, ref c2, ref d2);
            Steps<TRows>(left, other, aStep, right + (3 * group), stride, ref c3, ref d3);
        }

        if (TRows.Two)
        {
            R.Store(second, d0);
            R.Store(second + R.Count, d1);
            R.Store(second + (2 * R.Count), d2);
            R.Store(second + (3 * R.Count), d3);
        }

        R.Store(c.Data, c0);
        R.Store(c.Data + R.Count, c1);
        R.Store(c.Data + (2 * R.Count), c2);
        R.Store(c.Data + (3 * R.Count), c3);
        if (step < b.Rows)
        {
            for (int column = 0; column < Width; column++)
            {
                Column(a.Block(0, step, a.Rows, a.Columns - step), b.Block(step, column, b.Rows - step, 1), c.Block(0, column, a.Rows, 1), accumulate: accumulate || step > 0);
            }
        }
    }

    /// <summary>A line of each column: it is used up at once, so that it does not matter whether columns share a set of the nearest cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Steps<TRows>(float* left, float* other, nint aStep, float* right, nint stride, ref V c, ref V d)
        where TRows : struct, IRows
    {
        for (int step = 0; step < Line; step += 4)
        {
            Four<TRows>(left + (step * aStep), other + (step * aStep), aStep, right + step, stride, ref c, ref d);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Four<TRows>(float* left, float* other, nint aStep, float* right, nint stride, ref V c, ref V d)
        where TRows : struct, IRows
    {
        R.LoadTransposed(right, stride, out V b0, out V b1, out V b2, out V b3);
        c = R.MultiplyAdd(R.Broadcast(left), b0, c);
        c = R.MultiplyAdd(R.Broadcast(left + aStep), b1, c);
        c = R.MultiplyAdd(R.Broadcast(left + (2 * aStep)), b2, c);
        c = R.MultiplyAdd(R.Broadcast(left + (3 * aStep)), b3, c);
        if (TRows.Two)
        {
            d = R.MultiplyAdd(R.Broadcast(other), b0, d);
            d = R.MultiplyAdd(R.Broadcast(other + aStep), b1, d);
            d = R.MultiplyAdd(R.Broadcast(other + (2 * aStep)), b2, d);
            d = R.MultiplyAdd(R.Broadcast(other + (3 * aStep)), b3, d);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Ask(float* line, nint stride)
    {
        if (Sse.IsSupported)
        {
            for (int column = 0; column < Width; column++, line += stride)
            {
                Sse.Prefetch1(line);
            }
        }
    }

    /// <summary>A column that does not fill a register.</summary>
    private static void Column(Matrix a, Matrix b, Matrix c, bool accumulate)
    {
        for (int row = 0; row < c.Rows; row++)
        {
            float* left = a.Data + (row * a.RowStride);
            float* place = c.Data + (row * c.RowStride);
            float sum = accumulate ? *place : 0;
            for (int step = 0; step < b.Rows; step++)
            {
                sum = RegisterScalar.MultiplyAdd(left[step * a.ColumnStride], b.Data[step], sum);
            }

            *place = sum;
        }
    }

    private interface IRows
    {
        static abstract bool Two { get; }
    }

    private readonly struct One : IRows
    {
        public static bool Two => false;
    }

    private readonly struct Two : IRows
    {
        static bool IRows.Two => true;
    }
}
