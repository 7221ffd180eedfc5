using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Largest values of windows that lie side by side, the usual 2 x 2 at every second pixel: each pixel is in one window at most, so that a run over the windows
/// touches each pixel once, with no question where it belongs.</summary>
internal static class TiledPooling
{
    /// <summary>Whether windows neither overlap nor leave gaps nor reach beyond the images' first pixels.</summary>
    public static bool Fits(Window window) => window.Padding == 0 && window.Height == window.Stride && window.Width == window.Stride;
}

/// <summary>What is done to sixteen channels of a window.</summary>
internal unsafe interface ITile
{
    /// <summary>Does it.</summary>
    /// <param name="tile">The first pixel's channels.</param>
    /// <param name="place">Place of the window's channels in the result.</param>
    /// <param name="left">Channels that are left.</param>
    void Run<L, V, TExtent>(float* tile, nint place, int left)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent;
}

/// <summary>Walks over a row of windows that lie side by side.</summary>
internal static unsafe class TileRow
{
    /// <summary>Walks.</summary>
    /// <param name="geometry">The images and windows.</param>
    /// <param name="row">The row of windows, counted over all images.</param>
    /// <param name="pixels">The images, or their gradient.</param>
    /// <param name="work">What is done.</param>
    public static void Walk<L, V, TTile>(in PoolGeometry geometry, int row, float* pixels, in TTile work)
        where L : struct, ILanes<V>
        where V : struct
        where TTile : struct, ITile
    {
        int channels = geometry.Channels;
        float* tile = pixels + geometry.FirstPixelOf(row);
        nint place = (nint)row * geometry.Result.Width * channels;
        for (int column = 0; column < geometry.Result.Width; column++, tile += geometry.Window.Stride * channels, place += channels)
        {
            int channel = 0;
            for (; channel <= channels - LaneDispatch.Count; channel += LaneDispatch.Count)
            {
                work.Run<L, V, FullVector>(tile + channel, place + channel, channels - channel);
            }

            if (channel < channels)
            {
                End<L, V, TTile>(work, tile + channel, place + channel, channels - channel);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void End<L, V, TTile>(in TTile work, float* tile, nint place, int left)
        where L : struct, ILanes<V>
        where V : struct
        where TTile : struct, ITile => work.Run<L, V, RowEnd>(tile, place, left);
}

/// <summary>The greatest of each window, and which pixel it was. A task is a row of windows.</summary>
internal readonly unsafe struct TiledMaxForward(PoolGeometry geometry, float* x, float* y, float* winners) : ITaskKernel, ITile
{
    public void Run<L, V>(int task, int worker)
        where L : struct, ILanes<V>
        where V : struct => TileRow.Walk<L, V, TiledMaxForward>(geometry, task, x, this);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Run<L, V, TExtent>(float* tile, nint place, int left)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent
    {
        int side = geometry.Window.Stride, channels = geometry.Channels;
        nint line = (nint)geometry.Images.Width * channels;
        V best = TExtent.Load<L, V>(tile, left), winner = L.Broadcast(0), one = L.Broadcast(1), number = L.Broadcast(0);
        for (int u = 0; u < side; u++)
        {
            for (int v = 0; v < side; v++)
            {
                V value = TExtent.Load<L, V>(tile + (u * line) + (v * channels), left);
                V takes = PoolChoice.Takes<L, V>(value, best);
                best = L.Choose(takes, value, best);
                winner = L.Choose(takes, number, winner);
                number = L.Add(number, one);
            }
        }

        TExtent.Store<L, V>(y + place, best, left);
        if (winners is not null)
        {
            TExtent.Store<L, V>(winners + place, winner, left);
        }
    }
}

/// <summary>Each window's gradient to the pixel that was the greatest, zeros to the others. A task is a row of windows; the last of an image has what lies below it.</summary>
internal readonly unsafe struct TiledMaxBackward(PoolGeometry geometry, float* outputGradient, float* winners, float* gradient, bool add) : ITaskKernel, ITile
{
    public void Run<L, V>(int task, int worker)
        where L : struct, ILanes<V>
        where V : struct
    {
        int side = geometry.Window.Stride, row = task % geometry.Result.Height;
        TileRow.Walk<L, V, TiledMaxBackward>(geometry, task, gradient, this);
        if (!add)
        {
            ClearRest(gradient + geometry.FirstPixelOf(task), row == geometry.Result.Height - 1 ? geometry.Images.Height - ((geometry.Result.Height - 1) * side) : side);
        }
    }

    /// <summary>Zeros to the pixels that are in no window: right of the last one, and below the last row.</summary>
    private void ClearRest(float* first, int rows)
    {
        (int channels, int width, int side) = (geometry.Channels, geometry.Images.Width, geometry.Window.Stride);
        for (int u = 0; u < rows; u++)
        {
            int covered = u < side ? geometry.Result.Width * side : 0;
            new Span<float>(first + ((((nint)u * width) + covered) * channels), (width - covered) * channels).Clear();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Run<L, V, TExtent>(float* tile, nint place, int left)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent
    {
        int side = geometry.Window.Stride, channels = geometry.Channels;
        nint line = (nint)geometry.Images.Width * channels;
        V share = TExtent.Load<L, V>(outputGradient + place, left), distance = TExtent.Load<L, V>(winners + place, left);
        V one = L.Broadcast(1), half = L.Broadcast(0.5f), zero = L.Broadcast(0);
        for (int u = 0; u < side; u++)
        {
            for (int v = 0; v < side; v++)
            {
                V here = L.Choose(L.LessThan(L.Abs(distance), half), share, zero);
                VectorExtents.StoreOrAdd<L, V, TExtent>(tile + (u * line) + (v * channels), here, left, add);
                distance = L.Subtract(distance, one);
            }
        }
    }
}
