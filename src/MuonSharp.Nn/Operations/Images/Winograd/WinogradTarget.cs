using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Writes Aᵀ m A of every tile, plus a bias, to the pixels of the result that the tile has.</summary>
/// <param name="tiles">The tiles.</param>
/// <param name="pixels">The result.</param>
/// <param name="bias">A number for each channel of the result; null for none.</param>
/// <param name="add">Whether to add to what is there.</param>
internal readonly unsafe struct WinogradTarget(WinogradTiles tiles, PixelSquares pixels, float* bias, bool add) : IPointTarget
{
    public void Take(int row, int rows, int column, int columns, float* products, nint rowStride, nint pointStride)
    {
        var kernel = new Kernel(this, row, rows, column, columns) { Products = products, RowStride = rowStride, PointStride = pointStride };
        LaneDispatch.Run(ref kernel);
    }

    private struct Kernel(WinogradTarget target, int row, int rows, int column, int columns) : ILaneKernel
    {
        public float* Products;
        public nint RowStride;
        public nint PointStride;

        public readonly void Run<L, V>()
            where L : struct, ILanes<V>
            where V : struct
        {
            float** square = stackalloc float*[WinogradForm.Output * WinogradForm.Output];
            for (int i = 0; i < rows; i++)
            {
                target.Find(row + i, square);
                float* products = Products + (i * RowStride);
                int at = 0;
                for (; at <= columns - LaneDispatch.Count; at += LaneDispatch.Count)
                {
                    target.Transform<L, V, FullVector>(products + at, PointStride, square, column + at, columns - at);
                }

                if (at < columns)
                {
                    End<L, V>(target, products + at, PointStride, square, column + at, columns - at);
                }
            }
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static void End<L, V>(in WinogradTarget target, float* products, nint point, float** square, int channel, int left)
            where L : struct, ILanes<V>
            where V : struct => target.Transform<L, V, RowEnd>(products, point, square, channel, left);
    }

    private void Find(int tile, float** square)
    {
        (int image, int top, int left) = tiles.At(tile);
        pixels.Find(image, top, left, WinogradForm.Output, outside: null, square);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Transform<L, V, TExtent>(float* products, nint point, float** square, int channel, int left)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent
    {
        (V a0, V a1) = Column<L, V>(products, point);
        (V b0, V b1) = Column<L, V>(products + point, point);
        (V c0, V c1) = Column<L, V>(products + (2 * point), point);
        (V d0, V d1) = Column<L, V>(products + (3 * point), point);
        V shift = bias is null ? L.Broadcast(0) : TExtent.Load<L, V>(bias + channel, left);
        Row<L, V, TExtent>(WinogradForm.ToOutput<L, V>(a0, b0, c0, d0), shift, square, channel, left);
        Row<L, V, TExtent>(WinogradForm.ToOutput<L, V>(a1, b1, c1, d1), shift, square + WinogradForm.Output, channel, left);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (V Y0, V Y1) Column<L, V>(float* products, nint point)
        where L : struct, ILanes<V>
        where V : struct => WinogradForm.ToOutput<L, V>(
            L.Load(products), L.Load(products + (4 * point)), L.Load(products + (8 * point)), L.Load(products + (12 * point)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Row<L, V, TExtent>((V Y0, V Y1) y, V shift, float** square, int channel, int left)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent
    {
        if (square[0] is not null)
        {
            VectorExtents.StoreOrAdd<L, V, TExtent>(square[0] + channel, L.Add(y.Y0, shift), left, add);
        }

        if (square[1] is not null)
        {
            VectorExtents.StoreOrAdd<L, V, TExtent>(square[1] + channel, L.Add(y.Y1, shift), left, add);
        }
    }
}
