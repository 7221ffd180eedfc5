using System.Runtime.CompilerServices;

namespace MuonSharp.Numerics;

/// <summary>Products of blocks of 32 by 32 that lie in panels: nothing is packed, every tile exists as a whole.</summary>
internal static unsafe class BlockProduct<R, V>
    where R : struct, IRegister<V>
    where V : struct
{
    private const int Width = PanelMatrix.Width;

    /// <summary>C = [C +] Aᵀ B for two panels.</summary>
    /// <param name="depth">Rows of the panels.</param>
    /// <param name="a">Panel of rows of 32.</param>
    /// <param name="b">Panel of rows of 32.</param>
    /// <param name="c">32 rows of 32 columns.</param>
    /// <param name="stride">Floats between rows of C.</param>
    /// <param name="accumulate">Whether the sums start from C.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OfPanels(int depth, float* a, float* b, float* c, nint stride, bool accumulate)
    {
        for (int column = 0; column < Width; column += TileKernel<R, V>.Columns)
        {
            for (int row = 0; row < Width; row += R.TileRows)
            {
                TileKernel<R, V>.Dispatch(
                    depth, a + row, 1, Width, b + column, Width, c + (row * stride) + column, stride, Math.Min(R.TileRows, Width - row), TileKernel<R, V>.Columns, accumulate);
            }
        }
    }

    /// <summary>B = D B in place for a lower triangular block D: the last rows first, each as deep as D reaches.</summary>
    /// <param name="d">Rows of 32, zeros above the diagonal.</param>
    /// <param name="b">A block in its panel.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Triangular(float* d, float* b)
    {
        for (int column = 0; column < Width; column += TileKernel<R, V>.Columns)
        {
            for (int row = (Width - 1) / R.TileRows * R.TileRows; row >= 0; row -= R.TileRows)
            {
                int rows = Math.Min(R.TileRows, Width - row);
                TileKernel<R, V>.Dispatch(
                    row + rows, d + (row * Width), Width, 1, b + column, Width, b + (row * Width) + column, Width, rows, TileKernel<R, V>.Columns, accumulate: false);
            }
        }
    }
}
