using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>What is computed for one pixel, sixteen channels at a time.</summary>
internal interface IPoolPixel
{
    /// <summary>Computes some channels of a pixel.</summary>
    /// <param name="image">Number of the image.</param>
    /// <param name="row">Row of the pixel.</param>
    /// <param name="column">Its place in the row.</param>
    /// <param name="channel">The first channel.</param>
    void Run<L, V, TExtent>(int image, int row, int column, int channel)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent;
}

/// <summary>All pixels of images: a task is one row of them.</summary>
internal readonly struct PoolRows<TPixel>(Images images, int channels, TPixel pixel) : ITaskKernel
    where TPixel : struct, IPoolPixel
{
    public static void Run(WorkerTeam team, Images images, int channels, TPixel pixel) => team.RunLanes(images.Batch * images.Height, new PoolRows<TPixel>(images, channels, pixel));

    public void Run<L, V>(int task, int worker)
        where L : struct, ILanes<V>
        where V : struct
    {
        (int image, int row) = Math.DivRem(task, images.Height);
        for (int column = 0; column < images.Width; column++)
        {
            int channel = 0;
            for (; channel <= channels - LaneDispatch.Count; channel += LaneDispatch.Count)
            {
                pixel.Run<L, V, FullVector>(image, row, column, channel);
            }

            if (channel < channels)
            {
                pixel.Run<L, V, RowEnd>(image, row, column, channel);
            }
        }
    }
}

/// <summary>Which of two pixels of a window is the greater.</summary>
internal static class PoolChoice
{
    /// <summary>Lanes where a value takes the place of the best: it is greater, or no number. What is no number stays, unless another comes.</summary>
    /// <remarks>Every number is below 1 or above 0; what is neither is none.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Takes<L, V>(V value, V best)
        where L : struct, ILanes<V>
        where V : struct
    {
        V one = L.Broadcast(1), zero = L.Broadcast(0), greater = L.LessThan(best, value);
        return L.Choose(L.LessThan(value, one), greater, L.Choose(L.LessThan(zero, value), greater, L.LessThan(zero, one)));
    }
}

/// <summary>The greatest of each window.</summary>
internal readonly unsafe struct MaxPoolForward(PoolGeometry geometry, float* x, float* y, float* winners) : IPoolPixel
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Run<L, V, TExtent>(int image, int row, int column, int channel)
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
        for (int u = firstRow; u < endRow; u++)
        {
            for (int v = firstColumn; v < endColumn; v++)
            {
                nint pixel = ((((nint)image * height) + top + u) * width) + start + v;
                V value = TExtent.Load<L, V>(x + (pixel * geometry.Channels) + channel, left);
                V takes = PoolChoice.Takes<L, V>(value, best);
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

/// <summary>The mean of each window.</summary>
internal readonly unsafe struct AveragePoolForward(PoolGeometry geometry, float* x, float* y) : IPoolPixel
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Run<L, V, TExtent>(int image, int row, int column, int channel)
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

/// <summary>The gradient of a pixel: the shares in the windows that have each, in their order.</summary>
internal readonly unsafe struct PoolBackward<TShare>(PoolGeometry geometry, float* outputGradient, TShare share, float* gradient, bool add) : IPoolPixel
    where TShare : struct, IPoolShare
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Run<L, V, TExtent>(int image, int row, int column, int channel)
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
