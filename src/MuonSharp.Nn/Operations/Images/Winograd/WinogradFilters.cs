using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>G g Gᵀ of the filters between each pair of channels. A task is a channel that is summed over.</summary>
/// <param name="filters">The filters: the channels of the result are adjacent.</param>
/// <param name="channelStride">Floats from one channel that is summed over to the next.</param>
/// <param name="pixelStride">Floats from one pixel of the window to the next.</param>
/// <param name="panels">Out: [channels, channels of the result] at each point.</param>
internal readonly unsafe struct WinogradFilters(float* filters, nint channelStride, nint pixelStride, PointPanels panels) : ITaskKernel
{
    public void Run<L, V>(int task, int worker)
        where L : struct, ILanes<V>
        where V : struct
    {
        float* window = filters + (task * channelStride);
        int column = 0;
        for (; column <= panels.Columns - LaneDispatch.Count; column += LaneDispatch.Count)
        {
            Transform<L, V, FullVector>(window + column, task, column);
        }

        if (column < panels.Columns)
        {
            Transform<L, V, RowEnd>(window + column, task, column);
        }
    }

    private void Transform<L, V, TExtent>(float* window, int row, int column)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent
    {
        int left = panels.Columns - column;
        nint line = WinogradForm.Window * pixelStride, point = (nint)panels.Rows * PointPanels.Width;
        (V a0, V a1, V a2, V a3) = Column<L, V, TExtent>(window, line, left);
        (V b0, V b1, V b2, V b3) = Column<L, V, TExtent>(window + pixelStride, line, left);
        (V c0, V c1, V c2, V c3) = Column<L, V, TExtent>(window + (2 * pixelStride), line, left);
        float* to = panels.At(0, row, column);
        WinogradForm.Store<L, V>(to, point, WinogradForm.OfFilter<L, V>(a0, b0, c0));
        WinogradForm.Store<L, V>(to + (4 * point), point, WinogradForm.OfFilter<L, V>(a1, b1, c1));
        WinogradForm.Store<L, V>(to + (8 * point), point, WinogradForm.OfFilter<L, V>(a2, b2, c2));
        WinogradForm.Store<L, V>(to + (12 * point), point, WinogradForm.OfFilter<L, V>(a3, b3, c3));
    }

    private static (V P0, V P1, V P2, V P3) Column<L, V, TExtent>(float* window, nint line, int left)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent => WinogradForm.OfFilter<L, V>(
            TExtent.Load<L, V>(window, left), TExtent.Load<L, V>(window + line, left), TExtent.Load<L, V>(window + (2 * line), left));
}

/// <summary>Gᵀ u G of the gradient at the points: the gradient of the filters. A task is a channel of the images.</summary>
/// <param name="points">[points, in, out].</param>
/// <param name="inputs">Channels of the images.</param>
/// <param name="outputs">Number of filters.</param>
/// <param name="gradient">Out: [in, window, out].</param>
internal readonly unsafe struct WinogradFilterGradient(float* points, int inputs, int outputs, float* gradient) : ITaskKernel
{
    public void Run<L, V>(int task, int worker)
        where L : struct, ILanes<V>
        where V : struct
    {
        int column = 0;
        for (; column <= outputs - LaneDispatch.Count; column += LaneDispatch.Count)
        {
            Transform<L, V, FullVector>(task, column);
        }

        if (column < outputs)
        {
            Transform<L, V, RowEnd>(task, column);
        }
    }

    private void Transform<L, V, TExtent>(int input, int column)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent
    {
        int left = outputs - column;
        nint point = (nint)inputs * outputs;
        float* from = points + ((nint)input * outputs) + column, to = gradient + ((nint)input * WinogradForm.Window * WinogradForm.Window * outputs) + column;
        (V a0, V a1, V a2) = Column<L, V, TExtent>(from, point, left);
        (V b0, V b1, V b2) = Column<L, V, TExtent>(from + point, point, left);
        (V c0, V c1, V c2) = Column<L, V, TExtent>(from + (2 * point), point, left);
        (V d0, V d1, V d2) = Column<L, V, TExtent>(from + (3 * point), point, left);
        Row<L, V, TExtent>(WinogradForm.ToFilterGradient<L, V>(a0, b0, c0, d0), to, left);
        Row<L, V, TExtent>(WinogradForm.ToFilterGradient<L, V>(a1, b1, c1, d1), to + (3 * (nint)outputs), left);
        Row<L, V, TExtent>(WinogradForm.ToFilterGradient<L, V>(a2, b2, c2, d2), to + (6 * (nint)outputs), left);
    }

    private static (V G0, V G1, V G2) Column<L, V, TExtent>(float* from, nint point, int left)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent => WinogradForm.ToFilterGradient<L, V>(
            TExtent.Load<L, V>(from, left),
            TExtent.Load<L, V>(from + (4 * point), left),
            TExtent.Load<L, V>(from + (8 * point), left),
            TExtent.Load<L, V>(from + (12 * point), left));

    private void Row<L, V, TExtent>((V G0, V G1, V G2) g, float* to, int left)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent
    {
        TExtent.Store<L, V>(to, g.G0, left);
        TExtent.Store<L, V>(to + outputs, g.G1, left);
        TExtent.Store<L, V>(to + (2 * (nint)outputs), g.G2, left);
    }
}
