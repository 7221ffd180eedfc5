using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>What a tile sees, and what becomes of it at the points.</summary>
internal unsafe interface ITileTransform
{
    /// <summary>Rows and columns of pixels that a tile sees.</summary>
    static abstract int Size { get; }

    /// <summary>Transforms sixteen channels.</summary>
    /// <param name="square">The tile's pixels, row by row.</param>
    /// <param name="channel">The first channel.</param>
    /// <param name="left">Channels that are left.</param>
    /// <param name="to">Out: the channels at the first point.</param>
    /// <param name="point">Floats from one point to the next.</param>
    static abstract void Transform<L, V, TExtent>(float** square, int channel, int left, float* to, nint point)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent;
}

/// <summary>Transformed tiles: a row is a tile, a column a channel.</summary>
/// <param name="tiles">The tiles of the convolution's result.</param>
/// <param name="pixels">The images that are seen.</param>
/// <param name="padding">Rows and columns of zeros around them.</param>
internal readonly unsafe struct WinogradSource<TTransform>(WinogradTiles tiles, PixelSquares pixels, int padding) : IPointSource
    where TTransform : struct, ITileTransform
{
    public int Rows => tiles.Count;

    public int Columns => pixels.Channels;

    public void Fill(int row, int rows, float* to, int width, nint panelStride, nint pointStride)
    {
        var kernel = new Kernel(this, row, rows) { To = to, Width = width, PanelStride = panelStride, PointStride = pointStride };
        LaneDispatch.Run(ref kernel);
    }

    private struct Kernel(WinogradSource<TTransform> source, int row, int rows) : ILaneKernel
    {
        public float* To;
        public int Width;
        public nint PanelStride;
        public nint PointStride;

        public readonly void Run<L, V>()
            where L : struct, ILanes<V>
            where V : struct
        {
            int channels = source.Columns, whole = channels / LaneDispatch.Count * LaneDispatch.Count;
            float* outside = stackalloc float[channels];
            new Span<float>(outside, channels).Clear();
            float** square = stackalloc float*[WinogradForm.Points];
            for (int i = 0; i < rows; i++)
            {
                source.Find(row + i, outside, square);
                float* to = To + ((nint)i * Width);
                for (int channel = 0, inPanel = 0; channel < whole; channel += LaneDispatch.Count, inPanel += LaneDispatch.Count)
                {
                    if (inPanel == Width)
                    {
                        inPanel = 0;
                        to += PanelStride;
                    }

                    TTransform.Transform<L, V, FullVector>(square, channel, channels - channel, to + inPanel, PointStride);
                }

                if (whole < channels)
                {
                    (int panel, int inPanel) = Math.DivRem(whole, Width);
                    End<L, V>(square, whole, channels - whole, To + ((nint)i * Width) + (panel * PanelStride) + inPanel, PointStride);
                }
            }
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static void End<L, V>(float** square, int channel, int left, float* to, nint point)
            where L : struct, ILanes<V>
            where V : struct => TTransform.Transform<L, V, RowEnd>(square, channel, left, to, point);
    }

    private void Find(int tile, float* outside, float** square)
    {
        (int image, int top, int left) = tiles.At(tile);
        pixels.Find(image, top - padding, left - padding, TTransform.Size, outside, square);
    }
}

/// <summary>Bᵀ d B.</summary>
internal readonly unsafe struct InputTransform : ITileTransform
{
    public static int Size => WinogradForm.Input;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Transform<L, V, TExtent>(float** square, int channel, int left, float* to, nint point)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent
    {
        (V a0, V a1, V a2, V a3) = Column<L, V, TExtent>(square, channel, left);
        (V b0, V b1, V b2, V b3) = Column<L, V, TExtent>(square + 1, channel, left);
        (V c0, V c1, V c2, V c3) = Column<L, V, TExtent>(square + 2, channel, left);
        (V d0, V d1, V d2, V d3) = Column<L, V, TExtent>(square + 3, channel, left);
        WinogradForm.Store<L, V>(to, point, WinogradForm.OfInput<L, V>(a0, b0, c0, d0));
        WinogradForm.Store<L, V>(to + (4 * point), point, WinogradForm.OfInput<L, V>(a1, b1, c1, d1));
        WinogradForm.Store<L, V>(to + (8 * point), point, WinogradForm.OfInput<L, V>(a2, b2, c2, d2));
        WinogradForm.Store<L, V>(to + (12 * point), point, WinogradForm.OfInput<L, V>(a3, b3, c3, d3));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (V P0, V P1, V P2, V P3) Column<L, V, TExtent>(float** pixels, int channel, int left)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent => WinogradForm.OfInput<L, V>(
            TExtent.Load<L, V>(pixels[0] + channel, left),
            TExtent.Load<L, V>(pixels[4] + channel, left),
            TExtent.Load<L, V>(pixels[8] + channel, left),
            TExtent.Load<L, V>(pixels[12] + channel, left));
}

/// <summary>A dy Aᵀ.</summary>
internal readonly unsafe struct OutputGradientTransform : ITileTransform
{
    public static int Size => WinogradForm.Output;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Transform<L, V, TExtent>(float** square, int channel, int left, float* to, nint point)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent
    {
        (V a0, V a1, V a2, V a3) = WinogradForm.OfOutputGradient<L, V>(
            TExtent.Load<L, V>(square[0] + channel, left), TExtent.Load<L, V>(square[2] + channel, left));
        (V b0, V b1, V b2, V b3) = WinogradForm.OfOutputGradient<L, V>(
            TExtent.Load<L, V>(square[1] + channel, left), TExtent.Load<L, V>(square[3] + channel, left));
        WinogradForm.Store<L, V>(to, point, WinogradForm.OfOutputGradient<L, V>(a0, b0));
        WinogradForm.Store<L, V>(to + (4 * point), point, WinogradForm.OfOutputGradient<L, V>(a1, b1));
        WinogradForm.Store<L, V>(to + (8 * point), point, WinogradForm.OfOutputGradient<L, V>(a2, b2));
        WinogradForm.Store<L, V>(to + (12 * point), point, WinogradForm.OfOutputGradient<L, V>(a3, b3));
    }
}
