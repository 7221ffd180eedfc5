using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Gradients through a normalization: of the rows, and the chunk's share of those of gain and bias. A task is a chunk of rows.</summary>
internal unsafe struct NormalizationBackwardJob : ITeamJob, ILaneKernel
{
    public float* X;
    public float* Gain;
    public float* Dy;
    public float* Dx;
    public bool AddDx;
    public float* GainPartial;
    public float* BiasPartial;
    public float* Mean;
    public float* Scale;
    public int Rows;
    public int Columns;
    public bool Centered;
    private int _task;

    public readonly void Run(int task, int worker)
    {
        var mine = this;
        mine._task = task;
        mine.GainPartial = GainPartial == null ? null : GainPartial + ((nint)task * Columns);
        mine.BiasPartial = BiasPartial == null ? null : BiasPartial + ((nint)task * Columns);
        LaneDispatch.Run(ref mine);
    }

    public readonly void Run<TLanes, TVector>()
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var rows = Cut.RowsPerTask(Columns);
        var first = _task * rows;
        var end = Math.Min(Rows, first + rows);
        for (var row = first; row < end; row++)
        {
            var at = (nint)row * Columns;
            var (average, averageWithNormal) = Sums<TLanes, TVector>(row, X + at, Dy + at, row > first);
            if (Dx != null)
            {
                Write<TLanes, TVector>(row, X + at, Dy + at, Dx + at, TLanes.Broadcast(average), TLanes.Broadcast(averageWithNormal));
            }
        }
    }

    /// <summary>One pass over a row: the means of g and of g h, and the row's share of the vectors' gradients.</summary>
    private readonly (float Average, float AverageWithNormal) Sums<TLanes, TVector>(int row, float* x, float* dy, bool add)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var (mean, scale) = (TLanes.Broadcast(Mean[row]), TLanes.Broadcast(Scale[row]));
        var (sum, sumWithNormal) = (TLanes.Broadcast(0), TLanes.Broadcast(0));
        var i = 0;
        for (; i <= Columns - LaneDispatch.Count; i += LaneDispatch.Count)
        {
            (sum, sumWithNormal) = Sums<TLanes, TVector, Whole>(x, dy, i, add, mean, scale, sum, sumWithNormal);
        }

        if (i < Columns)
        {
            (sum, sumWithNormal) = LastOfSums<TLanes, TVector>(x, dy, i, add, mean, scale, sum, sumWithNormal);
        }

        return (Centered ? TLanes.Sum(sum) / Columns : 0, TLanes.Sum(sumWithNormal) / Columns);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly (TVector Sum, TVector SumWithNormal) LastOfSums<TLanes, TVector>(
        float* x, float* dy, int i, bool add, TVector mean, TVector scale, TVector sum, TVector sumWithNormal)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct => Sums<TLanes, TVector, Part>(x, dy, i, add, mean, scale, sum, sumWithNormal);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly (TVector Sum, TVector SumWithNormal) Sums<TLanes, TVector, TExtent>(
        float* x, float* dy, int i, bool add, TVector mean, TVector scale, TVector sum, TVector sumWithNormal)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
        where TExtent : struct, IExtent
    {
        var left = Columns - i;
        var gradient = TExtent.Load<TLanes, TVector>(dy + i, left);
        var normal = TLanes.Multiply(TLanes.Subtract(TExtent.Load<TLanes, TVector>(x + i, left), mean), scale);
        var weighted = TLanes.Multiply(gradient, TExtent.Load<TLanes, TVector>(Gain + i, left));
        if (GainPartial != null)
        {
            RowLanes.StoreOrAdd<TLanes, TVector, TExtent>(GainPartial + i, TLanes.Multiply(gradient, normal), left, add);
        }

        if (BiasPartial != null)
        {
            RowLanes.StoreOrAdd<TLanes, TVector, TExtent>(BiasPartial + i, gradient, left, add);
        }

        return (TLanes.Add(sum, weighted), TLanes.MultiplyAdd(weighted, normal, sumWithNormal));
    }

    private readonly void Write<TLanes, TVector>(int row, float* x, float* dy, float* dx, TVector average, TVector averageWithNormal)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var (mean, scale) = (TLanes.Broadcast(Mean[row]), TLanes.Broadcast(Scale[row]));
        var i = 0;
        for (; i <= Columns - LaneDispatch.Count; i += LaneDispatch.Count)
        {
            Write<TLanes, TVector, Whole>(x, dy, dx, i, mean, scale, average, averageWithNormal);
        }

        if (i < Columns)
        {
            LastOfRow<TLanes, TVector>(x, dy, dx, i, mean, scale, average, averageWithNormal);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly void LastOfRow<TLanes, TVector>(
        float* x, float* dy, float* dx, int i, TVector mean, TVector scale, TVector average, TVector averageWithNormal)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct => Write<TLanes, TVector, Part>(x, dy, dx, i, mean, scale, average, averageWithNormal);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Write<TLanes, TVector, TExtent>(
        float* x, float* dy, float* dx, int i, TVector mean, TVector scale, TVector average, TVector averageWithNormal)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
        where TExtent : struct, IExtent
    {
        var left = Columns - i;
        var weighted = TLanes.Multiply(TExtent.Load<TLanes, TVector>(dy + i, left), TExtent.Load<TLanes, TVector>(Gain + i, left));
        var normal = TLanes.Multiply(TLanes.Subtract(TExtent.Load<TLanes, TVector>(x + i, left), mean), scale);
        var rest = TLanes.Subtract(TLanes.Subtract(weighted, average), TLanes.Multiply(normal, averageWithNormal));
        RowLanes.StoreOrAdd<TLanes, TVector, TExtent>(dx + i, TLanes.Multiply(rest, scale), left, AddDx);
    }
}
