using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>The greatest of each window of one row of the result, sixteen channels at a time.</summary>
internal readonly unsafe struct MaxPoolForward(PoolGeometry geometry, float* x, float* y, float* winners) : ITaskKernel
{
    public void Run<L, V>(int task, int worker)
        where L : struct, ILanes<V>
        where V : struct
    {
        (int image, int row) = Math.DivRem(task, geometry.Result.Height);
        for (int column = 0; column < geometry.Result.Width; column++)
        {
            int channel = 0;
            for (; channel <= geometry.Channels - LaneDispatch.Count; channel += LaneDispatch.Count)
            {
                Lanes<L, V, FullVector>(image, row, column, channel);
            }

            if (channel < geometry.Channels)
            {
                Lanes<L, V, RowEnd>(image, row, column, channel);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Lanes<L, V, TExtent>(int image, int row, int column, int channel)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent
    {
        Window window = geometry.Window;
        (int height, int width) = (geometry.Images.Height, geometry.Images.Width);
        (int firstRow, int endRow) = geometry.Inside(row, window.Height, height);
        (int firstColumn, int endColumn) = geometry.Inside(column, window.Width, width);
        int left = geometry.Channels - channel, top = (row * window.Stride) - window.Padding, start = (column * window.Stride) - window.Padding;
        V best = L.Broadcast(float.NegativeInfinity), winner = L.Broadcast((firstRow * window.Width) + firstColumn);
        V high = L.Broadcast(1), low = L.Broadcast(0), all = L.LessThan(low, high);
        for (int u = firstRow; u < endRow; u++)
        {
            for (int v = firstColumn; v < endColumn; v++)
            {
                nint pixel = ((((nint)image * height) + top + u) * width) + start + v;
                V value = TExtent.Load<L, V>(x + (pixel * geometry.Channels) + channel, left);

                // Every number is below 1 or above 0; what is neither is none, and stays once it is the best.
                V takes = L.Choose(L.LessThan(value, high), L.LessThan(best, value), L.Choose(L.LessThan(low, value), L.LessThan(best, value), all));
                best = L.Choose(takes, value, best);
                winner = L.Choose(takes, L.Broadcast((u * window.Width) + v), winner);
            }
        }

        nint place = ((((((nint)image * geometry.Result.Height) + row) * geometry.Result.Width) + column) * geometry.Channels) + channel;
        TExtent.Store<L, V>(y + place, best, left);
        if (winners is not null)
        {
            TExtent.Store<L, V>(winners + place, winner, left);
        }
    }
}

/// <summary>The means of each window of one row of the result, sixteen channels at a time.</summary>
internal readonly unsafe struct AveragePoolForward(PoolGeometry geometry, float* x, float* y) : ITaskKernel
{
    public void Run<L, V>(int task, int worker)
        where L : struct, ILanes<V>
        where V : struct
    {
        (int image, int row) = Math.DivRem(task, geometry.Result.Height);
        for (int column = 0; column < geometry.Result.Width; column++)
        {
            int channel = 0;
            for (; channel <= geometry.Channels - LaneDispatch.Count; channel += LaneDispatch.Count)
            {
                Lanes<L, V, FullVector>(image, row, column, channel);
            }

            if (channel < geometry.Channels)
            {
                Lanes<L, V, RowEnd>(image, row, column, channel);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Lanes<L, V, TExtent>(int image, int row, int column, int channel)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent
    {
        Window window = geometry.Window;
        (int height, int width) = (geometry.Images.Height, geometry.Images.Width);
        (int firstRow, int endRow) = geometry.Inside(row, window.Height, height);
        (int firstColumn, int endColumn) = geometry.Inside(column, window.Width, width);
        int left = geometry.Channels - channel, top = (row * window.Stride) - window.Padding, start = (column * window.Stride) - window.Padding;
        V sum = L.Broadcast(0);
        for (int u = firstRow; u < endRow; u++)
        {
            for (int v = firstColumn; v < endColumn; v++)
            {
                nint pixel = ((((nint)image * height) + top + u) * width) + start + v;
                sum = L.Add(sum, TExtent.Load<L, V>(x + (pixel * geometry.Channels) + channel, left));
            }
        }

        nint place = ((((((nint)image * geometry.Result.Height) + row) * geometry.Result.Width) + column) * geometry.Channels) + channel;
        TExtent.Store<L, V>(y + place, L.Divide(sum, L.Broadcast(window.Pixels)), left);
    }
}

/// <summary>The gradient of one row of pixels: the shares in the windows that have each, in their order.</summary>
internal readonly unsafe struct PoolBackward<TShare>(PoolGeometry geometry, float* outputGradient, TShare share, float* gradient, bool add) : ITaskKernel
    where TShare : struct, IPoolShare
{
    public void Run<L, V>(int task, int worker)
        where L : struct, ILanes<V>
        where V : struct
    {
        (int image, int row) = Math.DivRem(task, geometry.Images.Height);
        for (int column = 0; column < geometry.Images.Width; column++)
        {
            int channel = 0;
            for (; channel <= geometry.Channels - LaneDispatch.Count; channel += LaneDispatch.Count)
            {
                Lanes<L, V, FullVector>(image, row, column, channel);
            }

            if (channel < geometry.Channels)
            {
                Lanes<L, V, RowEnd>(image, row, column, channel);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Lanes<L, V, TExtent>(int image, int row, int column, int channel)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent
    {
        Window window = geometry.Window;
        (int height, int width) = (geometry.Result.Height, geometry.Result.Width);
        (int firstRow, int endRow) = geometry.Windows(row, window.Height, height);
        (int firstColumn, int endColumn) = geometry.Windows(column, window.Width, width);
        int left = geometry.Channels - channel;
        V sum = L.Broadcast(0);
        for (int i = firstRow; i < endRow; i++)
        {
            int u = row + window.Padding - (i * window.Stride);
            for (int j = firstColumn; j < endColumn; j++)
            {
                int v = column + window.Padding - (j * window.Stride);
                nint place = ((((((nint)image * height) + i) * width) + j) * geometry.Channels) + channel;
                sum = L.Add(sum, share.Of<L, V, TExtent>(TExtent.Load<L, V>(outputGradient + place, left), place, (u * window.Width) + v, left));
            }
        }

        nint pixel = ((((((nint)image * geometry.Images.Height) + row) * geometry.Images.Width) + column) * geometry.Channels) + channel;
        VectorExtents.StoreOrAdd<L, V, TExtent>(gradient + pixel, sum, left, add);
    }
}
