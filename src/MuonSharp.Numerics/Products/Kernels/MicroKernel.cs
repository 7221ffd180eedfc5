using System.Runtime.CompilerServices;

namespace MuonSharp.Numerics;

/// <summary>The innermost loop of every product: a tile of C stays in registers while k runs.</summary>
/// <remarks>
/// <para>C[i, j] = fma(A[i, k], B[k, j], C[i, j]) for k ascending: one chain per element, so that blocks, edges and widths cannot
/// change a bit. One body serves all shapes; conditions on <typeparamref name="TShape"/> are constants to the compiler.</para>
/// <para>cR and dR are the left and right register of row R; 2 loads and R broadcasts feed 2 R multiply-adds per k.</para>
/// </remarks>
/// <typeparam name="R">Register operations.</typeparam>
/// <typeparam name="V">The register.</typeparam>
/// <typeparam name="TShape">Rows and width of the tile.</typeparam>
internal static unsafe class MicroKernel<R, V, TShape>
    where R : struct, IRegister<V>
    where V : struct
    where TShape : struct, ITileShape
{
    /// <summary>Computes one tile.</summary>
    /// <param name="k">Length of the sums.</param>
    /// <param name="a">A[0, 0] of the tile's rows.</param>
    /// <param name="rowStride">Floats between rows of A.</param>
    /// <param name="stepStride">Floats between columns of A.</param>
    /// <param name="b">The packed panel of B: per k one or two registers.</param>
    /// <param name="bStride">Floats from one k to the next in the panel.</param>
    /// <param name="c">C[0, 0] of the tile; columns are adjacent.</param>
    /// <param name="cStride">Floats between rows of C.</param>
    /// <param name="accumulate">Whether the sums start from what C holds.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(
        int k, float* a, nint rowStride, nint stepStride, float* b, nint bStride, float* c, nint cStride, bool accumulate)
    {
        V c0 = R.Zero, d0 = R.Zero;
        V c1 = R.Zero, d1 = R.Zero;
        V c2 = R.Zero, d2 = R.Zero;
        V c3 = R.Zero, d3 = R.Zero;
        V c4 = R.Zero, d4 = R.Zero;
        V c5 = R.Zero, d5 = R.Zero;
        V c6 = R.Zero, d6 = R.Zero;
        V c7 = R.Zero, d7 = R.Zero;
        V c8 = R.Zero, d8 = R.Zero;
        V c9 = R.Zero, d9 = R.Zero;
        V c10 = R.Zero, d10 = R.Zero;
        V c11 = R.Zero, d11 = R.Zero;
        if (accumulate)
        {
            c0 = R.Load(c);
            c1 = R.Load(c + (1 * cStride));
            if (TShape.Wide)
            {
                d0 = R.Load(c + R.Count);
                d1 = R.Load(c + (1 * cStride) + R.Count);
            }
            if (TShape.Rows >= 4)
            {
                c2 = R.Load(c + (2 * cStride));
                c3 = R.Load(c + (3 * cStride));
                if (TShape.Wide)
                {
                    d2 = R.Load(c + (2 * cStride) + R.Count);
                    d3 = R.Load(c + (3 * cStride) + R.Count);
                }
            }
            if (TShape.Rows >= 6)
            {
                c4 = R.Load(c + (4 * cStride));
                c5 = R.Load(c + (5 * cStride));
                if (TShape.Wide)
                {
                    d4 = R.Load(c + (4 * cStride) + R.Count);
                    d5 = R.Load(c + (5 * cStride) + R.Count);
                }
            }
            if (TShape.Rows >= 8)
            {
                c6 = R.Load(c + (6 * cStride));
                c7 = R.Load(c + (7 * cStride));
                if (TShape.Wide)
                {
                    d6 = R.Load(c + (6 * cStride) + R.Count);
                    d7 = R.Load(c + (7 * cStride) + R.Count);
                }
            }
            if (TShape.Rows >= 12)
            {
                c8 = R.Load(c + (8 * cStride));
                c9 = R.Load(c + (9 * cStride));
                c10 = R.Load(c + (10 * cStride));
                c11 = R.Load(c + (11 * cStride));
                if (TShape.Wide)
                {
                    d8 = R.Load(c + (8 * cStride) + R.Count);
                    d9 = R.Load(c + (9 * cStride) + R.Count);
                    d10 = R.Load(c + (10 * cStride) + R.Count);
                    d11 = R.Load(c + (11 * cStride) + R.Count);
                }
            }
        }

        // Strides in bytes are added as they are, and the panel's end says when to stop: four instructions beside loads and multiply-adds, so that those who decode four a cycle keep up.
        nint row = rowStride * sizeof(float), row3 = 3 * row, step = stepStride * sizeof(float), bStep = bStride * sizeof(float);
        byte* a0 = (byte*)a, a4 = a0 + (4 * row), a8 = a0 + (8 * row);
        byte* b0 = (byte*)b, end = b0 + (k * bStep);
        while (b0 != end)
        {
            V left = R.Load((float*)b0);
            V right = TShape.Wide ? R.Load((float*)b0 + R.Count) : R.Zero;

            V x0 = R.Broadcast((float*)a0);
            c0 = R.MultiplyAdd(x0, left, c0);
            if (TShape.Wide)
            {
                d0 = R.MultiplyAdd(x0, right, d0);
            }

            V x1 = R.Broadcast((float*)(a0 + row));
            c1 = R.MultiplyAdd(x1, left, c1);
            if (TShape.Wide)
            {
                d1 = R.MultiplyAdd(x1, right, d1);
            }

            if (TShape.Rows >= 4)
            {
                V x2 = R.Broadcast((float*)(a0 + (2 * row)));
                c2 = R.MultiplyAdd(x2, left, c2);
                if (TShape.Wide)
                {
                    d2 = R.MultiplyAdd(x2, right, d2);
                }

                V x3 = R.Broadcast((float*)(a0 + row3));
                c3 = R.MultiplyAdd(x3, left, c3);
                if (TShape.Wide)
                {
                    d3 = R.MultiplyAdd(x3, right, d3);
                }
            }

            if (TShape.Rows >= 6)
            {
                V x4 = R.Broadcast((float*)a4);
                c4 = R.MultiplyAdd(x4, left, c4);
                if (TShape.Wide)
                {
                    d4 = R.MultiplyAdd(x4, right, d4);
                }

                V x5 = R.Broadcast((float*)(a4 + row));
                c5 = R.MultiplyAdd(x5, left, c5);
                if (TShape.Wide)
                {
                    d5 = R.MultiplyAdd(x5, right, d5);
                }
            }

            if (TShape.Rows >= 8)
            {
                V x6 = R.Broadcast((float*)(a4 + (2 * row)));
                c6 = R.MultiplyAdd(x6, left, c6);
                if (TShape.Wide)
                {
                    d6 = R.MultiplyAdd(x6, right, d6);
                }

                V x7 = R.Broadcast((float*)(a4 + row3));
                c7 = R.MultiplyAdd(x7, left, c7);
                if (TShape.Wide)
                {
                    d7 = R.MultiplyAdd(x7, right, d7);
                }
            }

            if (TShape.Rows >= 12)
            {
                V x8 = R.Broadcast((float*)a8);
                c8 = R.MultiplyAdd(x8, left, c8);
                if (TShape.Wide)
                {
                    d8 = R.MultiplyAdd(x8, right, d8);
                }

                V x9 = R.Broadcast((float*)(a8 + row));
                c9 = R.MultiplyAdd(x9, left, c9);
                if (TShape.Wide)
                {
                    d9 = R.MultiplyAdd(x9, right, d9);
                }

                V x10 = R.Broadcast((float*)(a8 + (2 * row)));
                c10 = R.MultiplyAdd(x10, left, c10);
                if (TShape.Wide)
                {
                    d10 = R.MultiplyAdd(x10, right, d10);
                }

                V x11 = R.Broadcast((float*)(a8 + row3));
                c11 = R.MultiplyAdd(x11, left, c11);
                if (TShape.Wide)
                {
                    d11 = R.MultiplyAdd(x11, right, d11);
                }
            }

            a0 += step;
            if (TShape.Rows > 4)
            {
                a4 += step;
            }

            if (TShape.Rows > 8)
            {
                a8 += step;
            }

            b0 += bStep;
        }

        R.Store(c, c0);
        R.Store(c + (1 * cStride), c1);
        if (TShape.Wide)
        {
            R.Store(c + R.Count, d0);
            R.Store(c + (1 * cStride) + R.Count, d1);
        }

        if (TShape.Rows >= 4)
        {
            R.Store(c + (2 * cStride), c2);
            R.Store(c + (3 * cStride), c3);
            if (TShape.Wide)
            {
                R.Store(c + (2 * cStride) + R.Count, d2);
                R.Store(c + (3 * cStride) + R.Count, d3);
            }
        }

        if (TShape.Rows >= 6)
        {
            R.Store(c + (4 * cStride), c4);
            R.Store(c + (5 * cStride), c5);
            if (TShape.Wide)
            {
                R.Store(c + (4 * cStride) + R.Count, d4);
                R.Store(c + (5 * cStride) + R.Count, d5);
            }
        }

        if (TShape.Rows >= 8)
        {
            R.Store(c + (6 * cStride), c6);
            R.Store(c + (7 * cStride), c7);
            if (TShape.Wide)
            {
                R.Store(c + (6 * cStride) + R.Count, d6);
                R.Store(c + (7 * cStride) + R.Count, d7);
            }
        }

        if (TShape.Rows >= 12)
        {
            R.Store(c + (8 * cStride), c8);
            R.Store(c + (9 * cStride), c9);
            R.Store(c + (10 * cStride), c10);
            R.Store(c + (11 * cStride), c11);
            if (TShape.Wide)
            {
                R.Store(c + (8 * cStride) + R.Count, d8);
                R.Store(c + (9 * cStride) + R.Count, d9);
                R.Store(c + (10 * cStride) + R.Count, d10);
                R.Store(c + (11 * cStride) + R.Count, d11);
            }
        }
    }
}
