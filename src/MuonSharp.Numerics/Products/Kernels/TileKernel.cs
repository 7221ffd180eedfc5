using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MuonSharp.Numerics;

/// <summary>Chooses the micro-kernel for a tile and stages tiles that reach over an edge of C.</summary>
/// <typeparam name="R">Register operations.</typeparam>
/// <typeparam name="V">The register.</typeparam>
internal static unsafe class TileKernel<R, V>
    where R : struct, IRegister<V>
    where V : struct
{
    /// <summary>Most floats of a tile: 12 rows of two 512-bit registers.</summary>
    private const int StageSize = 12 * 32;

    /// <summary>Columns of a full tile: two registers.</summary>
    public static int Columns => 2 * R.Count;

    /// <summary>Rows of the panel that the next rows of A go into: the full tile, or two or one third of it at the end.</summary>
    /// <param name="rowsLeft">Rows that are left.</param>
    /// <returns>Rows of the panel, possibly more than are left.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int PanelRows(int rowsLeft) =>
        rowsLeft > R.TileRows * 2 / 3 ? R.TileRows : rowsLeft > R.TileRows / 3 ? R.TileRows * 2 / 3 : R.TileRows / 3;

    /// <summary>Columns of the panel that the next columns of B go into: two registers, or one at the end.</summary>
    /// <param name="columnsLeft">Columns that are left.</param>
    /// <returns>Columns of the panel, possibly more than are left.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int PanelColumns(int columnsLeft) => columnsLeft > R.Count ? 2 * R.Count : R.Count;

    /// <summary>Computes a tile of which only some rows and columns exist.</summary>
    /// <param name="k">Length of the sums.</param>
    /// <param name="a">A[0, 0] of the tile's rows.</param>
    /// <param name="aRowStride">Floats between rows of A.</param>
    /// <param name="aStepStride">Floats between columns of A.</param>
    /// <param name="b">The packed panel of B.</param>
    /// <param name="bStride">Floats from one k to the next in the panel; more than the tile's columns where only its left half is wanted.</param>
    /// <param name="c">C[0, 0] of the tile.</param>
    /// <param name="cRowStride">Floats between rows of C.</param>
    /// <param name="cColumnStride">Floats between columns of C.</param>
    /// <param name="rows">Rows that exist.</param>
    /// <param name="columns">Columns that exist.</param>
    /// <param name="accumulate">Whether the sums start from what C holds.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(
        int k, float* a, nint aRowStride, nint aStepStride, float* b, nint bStride, float* c, nint cRowStride, nint cColumnStride, int rows, int columns, bool accumulate)
    {
        int panelRows = PanelRows(rows);
        int panelColumns = PanelColumns(columns);
        if (rows == panelRows && columns == panelColumns && cColumnStride == 1)
        {
            Dispatch(k, a, aRowStride, aStepStride, b, bStride, c, cRowStride, panelRows, panelColumns, accumulate);
            return;
        }

        float* stage = stackalloc float[StageSize];
        if (accumulate)
        {
            Move(c, cRowStride, cColumnStride, stage, panelColumns, 1, rows, columns);
        }

        Dispatch(k, a, aRowStride, aStepStride, b, bStride, stage, panelColumns, panelRows, panelColumns, accumulate);
        Move(stage, panelColumns, 1, c, cRowStride, cColumnStride, rows, columns);
    }

    /// <summary>Copies what exists of a tile, eight columns at a time where they lie side by side.</summary>
    private static void Move(float* from, nint fromRow, nint fromColumn, float* to, nint toRow, nint toColumn, int rows, int columns)
    {
        int together = fromColumn == 1 && toColumn == 1 ? columns / Vector256<float>.Count * Vector256<float>.Count : 0;
        for (int i = 0; i < rows; i++, from += fromRow, to += toRow)
        {
            for (int j = 0; j < together; j += Vector256<float>.Count)
            {
                Vector256.Load(from + j).Store(to + j);
            }

            for (int j = together; j < columns; j++)
            {
                to[j * toColumn] = from[j * fromColumn];
            }
        }
    }

    /// <summary>Computes a tile that exists as a whole.</summary>
    /// <param name="k">Length of the sums.</param>
    /// <param name="a">A[0, 0] of the tile's rows.</param>
    /// <param name="rowStride">Floats between rows of A.</param>
    /// <param name="stepStride">Floats between columns of A.</param>
    /// <param name="b">The packed panel of B.</param>
    /// <param name="bStride">Floats from one k to the next in the panel.</param>
    /// <param name="c">C[0, 0] of the tile; columns are adjacent.</param>
    /// <param name="cStride">Floats between rows of C.</param>
    /// <param name="rows">A value of <see cref="PanelRows"/>.</param>
    /// <param name="columns">A value of <see cref="PanelColumns"/>.</param>
    /// <param name="accumulate">Whether the sums start from what C holds.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Dispatch(
        int k, float* a, nint rowStride, nint stepStride, float* b, nint bStride, float* c, nint cStride, int rows, int columns, bool accumulate)
    {
        if (columns > R.Count)
        {
            switch (rows)
            {
                case 12: MicroKernel<R, V, TileShapes.Wide12>.Run(k, a, rowStride, stepStride, b, bStride, c, cStride, accumulate); break;
                case 8: MicroKernel<R, V, TileShapes.Wide8>.Run(k, a, rowStride, stepStride, b, bStride, c, cStride, accumulate); break;
                case 6: MicroKernel<R, V, TileShapes.Wide6>.Run(k, a, rowStride, stepStride, b, bStride, c, cStride, accumulate); break;
                case 4: MicroKernel<R, V, TileShapes.Wide4>.Run(k, a, rowStride, stepStride, b, bStride, c, cStride, accumulate); break;
                default: MicroKernel<R, V, TileShapes.Wide2>.Run(k, a, rowStride, stepStride, b, bStride, c, cStride, accumulate); break;
            }
        }
        else
        {
            switch (rows)
            {
                case 12: MicroKernel<R, V, TileShapes.Narrow12>.Run(k, a, rowStride, stepStride, b, bStride, c, cStride, accumulate); break;
                case 8: MicroKernel<R, V, TileShapes.Narrow8>.Run(k, a, rowStride, stepStride, b, bStride, c, cStride, accumulate); break;
                case 6: MicroKernel<R, V, TileShapes.Narrow6>.Run(k, a, rowStride, stepStride, b, bStride, c, cStride, accumulate); break;
                case 4: MicroKernel<R, V, TileShapes.Narrow4>.Run(k, a, rowStride, stepStride, b, bStride, c, cStride, accumulate); break;
                default: MicroKernel<R, V, TileShapes.Narrow2>.Run(k, a, rowStride, stepStride, b, bStride, c, cStride, accumulate); break;
            }
        }
    }
}
