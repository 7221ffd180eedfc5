using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Products of a strip of rows with a block that lies in the nearest caches: C = [C +] A B, where nothing is packed.</summary>
/// <remarks>
/// <para>Every element is one chain of fused multiply-adds in ascending k, as in <see cref="MatrixProduct"/>, so the two agree to the bit. The caller
/// chooses the range of k and of columns: what the mask of causal attention hides is never computed.</para>
/// <para>cR and dR are the left and right vector of row R; 2 loads and 8 broadcasts feed 16 multiply-adds per k with 512-bit registers. Other
/// widths have half as many registers, of half the width, and use four rows by one vector.</para>
/// </remarks>
internal static unsafe class TileProduct<L, V>
    where L : struct, ILanes<V>
    where V : struct
{
    /// <summary>Rows of a strip.</summary>
    public static int Rows => IsWide ? 8 : 4;

    private static bool IsWide => typeof(V) == typeof(Vector512<float>);

    /// <summary>Computes one strip.</summary>
    /// <param name="k">Length of the sums.</param>
    /// <param name="a">A[0, 0] of the strip's rows; all <see cref="Rows"/> of them are read.</param>
    /// <param name="aRow">Floats between rows of A.</param>
    /// <param name="aStep">Floats between columns of A.</param>
    /// <param name="b">B[0, 0]; columns are adjacent.</param>
    /// <param name="bStep">Floats between rows of B.</param>
    /// <param name="c">C[0, 0] of the strip; columns are adjacent, and all rows are written.</param>
    /// <param name="cRow">Floats between rows of C.</param>
    /// <param name="columns">Columns, a multiple of 16.</param>
    /// <param name="accumulate">Whether the sums start from what C holds.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run(int k, float* a, nint aRow, nint aStep, float* b, nint bStep, float* c, nint cRow, int columns, bool accumulate)
    {
        int j = 0;
        for (; IsWide && j <= columns - (2 * LaneDispatch.Count); j += 2 * LaneDispatch.Count)
        {
            Tile<Wide>(k, a, aRow, aStep, b + j, bStep, c + j, cRow, accumulate);
        }

        for (; j < columns; j += LaneDispatch.Count)
        {
            if (IsWide)
            {
                Tile<Tall>(k, a, aRow, aStep, b + j, bStep, c + j, cRow, accumulate);
            }
            else
            {
                Tile<Small>(k, a, aRow, aStep, b + j, bStep, c + j, cRow, accumulate);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile<TSize>(int k, float* a, nint aRow, nint aStep, float* b, nint bStep, float* c, nint cRow, bool accumulate)
        where TSize : struct, ISize
    {
        V zero = L.Broadcast(0);
        V c0 = zero, c1 = zero, c2 = zero, c3 = zero, c4 = zero, c5 = zero, c6 = zero, c7 = zero;
        V d0 = zero, d1 = zero, d2 = zero, d3 = zero, d4 = zero, d5 = zero, d6 = zero, d7 = zero;
        nint cRow3 = 3 * cRow;
        float* e = c + (4 * cRow);
        if (accumulate)
        {
            c0 = L.Load(c);
            c1 = L.Load(c + cRow);
            c2 = L.Load(c + (2 * cRow));
            c3 = L.Load(c + cRow3);
            if (TSize.EightRows)
            {
                c4 = L.Load(e);
                c5 = L.Load(e + cRow);
                c6 = L.Load(e + (2 * cRow));
                c7 = L.Load(e + cRow3);
            }

            if (TSize.TwoVectors)
            {
                d0 = L.Load(c + LaneDispatch.Count);
                d1 = L.Load(c + cRow + LaneDispatch.Count);
                d2 = L.Load(c + (2 * cRow) + LaneDispatch.Count);
                d3 = L.Load(c + cRow3 + LaneDispatch.Count);
                d4 = L.Load(e + LaneDispatch.Count);
                d5 = L.Load(e + cRow + LaneDispatch.Count);
                d6 = L.Load(e + (2 * cRow) + LaneDispatch.Count);
                d7 = L.Load(e + cRow3 + LaneDispatch.Count);
            }
        }

        nint aRow3 = 3 * aRow;
        float* a4 = a + (4 * aRow);
        for (; k > 0; k--)
        {
            V left = L.Load(b);
            V right = TSize.TwoVectors ? L.Load(b + LaneDispatch.Count) : zero;
            Step<TSize>(*a, left, right, ref c0, ref d0);
            Step<TSize>(*(a + aRow), left, right, ref c1, ref d1);
            Step<TSize>(*(a + (2 * aRow)), left, right, ref c2, ref d2);
            Step<TSize>(*(a + aRow3), left, right, ref c3, ref d3);
            if (TSize.EightRows)
            {
                Step<TSize>(*a4, left, right, ref c4, ref d4);
                Step<TSize>(*(a4 + aRow), left, right, ref c5, ref d5);
                Step<TSize>(*(a4 + (2 * aRow)), left, right, ref c6, ref d6);
                Step<TSize>(*(a4 + aRow3), left, right, ref c7, ref d7);
                a4 += aStep;
            }

            a += aStep;
            b += bStep;
        }

        L.Store(c, c0);
        L.Store(c + cRow, c1);
        L.Store(c + (2 * cRow), c2);
        L.Store(c + cRow3, c3);
        if (TSize.EightRows)
        {
            L.Store(e, c4);
            L.Store(e + cRow, c5);
            L.Store(e + (2 * cRow), c6);
            L.Store(e + cRow3, c7);
        }

        if (TSize.TwoVectors)
        {
            L.Store(c + LaneDispatch.Count, d0);
            L.Store(c + cRow + LaneDispatch.Count, d1);
            L.Store(c + (2 * cRow) + LaneDispatch.Count, d2);
            L.Store(c + cRow3 + LaneDispatch.Count, d3);
            L.Store(e + LaneDispatch.Count, d4);
            L.Store(e + cRow + LaneDispatch.Count, d5);
            L.Store(e + (2 * cRow) + LaneDispatch.Count, d6);
            L.Store(e + cRow3 + LaneDispatch.Count, d7);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<TSize>(float a, V left, V right, ref V c, ref V d)
        where TSize : struct, ISize
    {
        V x = L.Broadcast(a);
        c = L.MultiplyAdd(x, left, c);
        if (TSize.TwoVectors)
        {
            d = L.MultiplyAdd(x, right, d);
        }
    }

    private interface ISize
    {
        static abstract bool EightRows { get; }

        static abstract bool TwoVectors { get; }
    }

    private readonly struct Wide : ISize
    {
        public static bool EightRows => true;

        public static bool TwoVectors => true;
    }

    private readonly struct Tall : ISize
    {
        public static bool EightRows => true;

        public static bool TwoVectors => false;
    }

    private readonly struct Small : ISize
    {
        public static bool EightRows => false;

        public static bool TwoVectors => false;
    }
}
