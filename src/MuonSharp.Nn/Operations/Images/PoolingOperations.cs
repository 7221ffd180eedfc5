using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>y = the greatest of each window; dx = dy at the pixel that was it, the sum where windows overlap.</summary>
/// <remarks>Kept for the backward run: which pixel of the window it was, a number for each element of y, instead of x and y.</remarks>
internal sealed unsafe class MaxPoolOperation(Tensor x, Window window, Images images, Images result) : Operation("max-pool")
{
    private TapeBuffer? _winners;
    private GradientSlot? _gradient;

    public Tensor Output { get; private set; } = null!;

    protected internal override void Declare(OperationPlan plan)
    {
        plan.Reads(x);
        Output = plan.Writes(result.Rows, x.Columns);
        _gradient = plan.Gradient(x);
        _winners = _gradient is null ? null : plan.ForBackward("winners", Output.Length);
    }

    protected internal override void Forward(in TapeRun run)
    {
        PoolGeometry geometry = new(images, result, window, x.Columns);
        float* winners = _winners is null ? null : _winners.Pointer;
        if (TiledPooling.Fits(window))
        {
            run.Team.RunLanes(result.Batch * result.Height, new TiledMaxForward(geometry, x.Data, Output.Data, winners));
        }
        else
        {
            PoolRows<MaxPoolForward>.Run(run.Team, result, x.Columns, new(geometry, x.Data, Output.Data, winners));
        }
    }

    protected internal override void Backward(in TapeRun run)
    {
        if (_gradient is null)
        {
            return;
        }

        PoolGeometry geometry = new(images, result, window, x.Columns);
        if (TiledPooling.Fits(window))
        {
            run.Team.RunLanes(result.Batch * result.Height, new TiledMaxBackward(geometry, Output.GradientData, _winners!.Pointer, _gradient.Data, _gradient.Accumulates));
        }
        else
        {
            PoolRows<PoolBackward<WinnerShare>>.Run(
                run.Team, images, x.Columns, new(geometry, Output.GradientData, new WinnerShare(_winners!.Pointer), _gradient.Data, _gradient.Accumulates));
        }
    }
}

/// <summary>y = the mean of each window, with zeros around the images; dx = dy over the window's size, the sum where windows overlap.</summary>
internal sealed unsafe class AveragePoolOperation(Tensor x, Window window, Images images, Images result) : Operation("average-pool")
{
    private GradientSlot? _gradient;

    public Tensor Output { get; private set; } = null!;

    protected internal override void Declare(OperationPlan plan)
    {
        plan.Reads(x);
        Output = plan.Writes(result.Rows, x.Columns);
        _gradient = plan.Gradient(x);
    }

    protected internal override void Forward(in TapeRun run) =>
        PoolRows<AveragePoolForward>.Run(run.Team, result, x.Columns, new(new(images, result, window, x.Columns), x.Data, Output.Data));

    protected internal override void Backward(in TapeRun run)
    {
        if (_gradient is not null)
        {
            PoolRows<PoolBackward<MeanShare>>.Run(
                run.Team, images, x.Columns, new(new(images, result, window, x.Columns), Output.GradientData, new MeanShare(window.Pixels), _gradient.Data, _gradient.Accumulates));
        }
    }
}

/// <summary>Which pixels of the images each window has, and which windows have a pixel.</summary>
internal readonly struct PoolGeometry(Images images, Images result, Window window, int channels)
{
    public int Channels { get; } = channels;

    public Images Images { get; } = images;

    public Images Result { get; } = result;

    public Window Window { get; } = window;

    /// <summary>Place of the first element of a row of windows that lie side by side, rows counted over all images.</summary>
    public nint FirstPixelOf(int row)
    {
        (int image, int inside) = Math.DivRem(row, Result.Height);
        return (((nint)image * Images.Height) + (inside * Window.Stride)) * Images.Width * Channels;
    }

    /// <summary>The first window's row or column that lies inside the images, and the one behind the last, for a row or column of the result.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public (int First, int End) Inside(int at, int windowSize, int size)
    {
        int origin = (at * Window.Stride) - Window.Padding;
        return (Math.Max(0, -origin), Math.Min(windowSize, size - origin));
    }

    /// <summary>The first row or column of the result whose window has a pixel, and the one behind the last.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public (int First, int End) Windows(int at, int windowSize, int size)
    {
        int reach = at + Window.Padding;
        int first = reach < windowSize ? 0 : ((reach - windowSize) / Window.Stride) + 1;
        return (first, Math.Min(size, (reach / Window.Stride) + 1));
    }
}

/// <summary>What a pixel of a window has of the gradient of the window's result.</summary>
internal interface IPoolShare
{
    /// <summary>Its share.</summary>
    /// <param name="gradient">The gradient.</param>
    /// <param name="place">First of the elements of the result.</param>
    /// <param name="pixel">Number of the pixel in the window.</param>
    /// <param name="left">Channels that are left.</param>
    V Of<L, V, TExtent>(V gradient, nint place, int pixel, int left)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent;
}

/// <summary>All of it where it was the greatest, else nothing.</summary>
internal readonly unsafe struct WinnerShare(float* winners) : IPoolShare
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Of<L, V, TExtent>(V gradient, nint place, int pixel, int left)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent
    {
        V distance = L.Abs(L.Subtract(TExtent.Load<L, V>(winners + place, left), L.Broadcast(pixel)));
        return L.Choose(L.LessThan(distance, L.Broadcast(0.5f)), gradient, L.Broadcast(0));
    }
}

/// <summary>The same for all pixels.</summary>
internal readonly struct MeanShare(int pixels) : IPoolShare
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Of<L, V, TExtent>(V gradient, nint place, int pixel, int left)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent => L.Divide(gradient, L.Broadcast(pixels));
}
