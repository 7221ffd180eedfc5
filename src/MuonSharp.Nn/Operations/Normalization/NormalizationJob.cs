using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Normalizes rows. A task is a chunk of rows.</summary>
internal unsafe struct NormalizationJob : ITeamJob, ILaneKernel
{
    public float* X;
    public float* Gain;
    public float* Bias;
    public float* Y;
    public float* Mean;
    public float* Scale;
    public int Rows;
    public int Columns;
    public float Epsilon;
    public bool Centered;
    private int _task;

    public readonly void Run(int task, int worker)
    {
        var mine = this;
        mine._task = task;
        LaneDispatch.Run(ref mine);
    }

    public readonly void Run<TLanes, TVector>()
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var rows = Cut.RowsPerTask(Columns);
        var end = Math.Min(Rows, (_task + 1) * rows);
        for (var row = _task * rows; row < end; row++)
        {
            var x = X + ((nint)row * Columns);
            var mean = Centered ? Average<TLanes, TVector>(x) : 0;
            var scale = 1 / MathF.Sqrt(Spread<TLanes, TVector>(x, mean) + Epsilon);
            Mean[row] = mean;
            Scale[row] = scale;
            Write<TLanes, TVector>(x, Y + ((nint)row * Columns), TLanes.Broadcast(mean), TLanes.Broadcast(scale));
        }
    }

    private readonly float Average<TLanes, TVector>(float* x)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var sum = TLanes.Broadcast(0);
        var i = 0;
        for (; i <= Columns - LaneDispatch.Count; i += LaneDispatch.Count)
        {
            sum = TLanes.Add(sum, TLanes.Load(x + i));
        }

        return (i < Columns ? LastOfSum<TLanes, TVector>(sum, x + i, Columns - i) : TLanes.Sum(sum)) / Columns;
    }

    private readonly float Spread<TLanes, TVector>(float* x, float mean)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var center = TLanes.Broadcast(mean);
        var sum = TLanes.Broadcast(0);
        var i = 0;
        for (; i <= Columns - LaneDispatch.Count; i += LaneDispatch.Count)
        {
            var difference = TLanes.Subtract(TLanes.Load(x + i), center);
            sum = TLanes.MultiplyAdd(difference, difference, sum);
        }

        return (i < Columns ? LastOfSquares<TLanes, TVector>(sum, x + i, Columns - i, mean) : TLanes.Sum(sum)) / Columns;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float LastOfSum<TLanes, TVector>(TVector sum, float* x, int left)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct => TLanes.Sum(TLanes.Add(sum, Part.Load<TLanes, TVector>(x, left)));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float LastOfSquares<TLanes, TVector>(TVector sum, float* x, int left, float mean)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var difference = TLanes.Subtract(Part.Load<TLanes, TVector>(x, left, mean), TLanes.Broadcast(mean));
        return TLanes.Sum(TLanes.MultiplyAdd(difference, difference, sum));
    }

    private readonly void Write<TLanes, TVector>(float* x, float* y, TVector mean, TVector scale)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var i = 0;
        for (; i <= Columns - LaneDispatch.Count; i += LaneDispatch.Count)
        {
            Write<TLanes, TVector, Whole>(x, y, mean, scale, i);
        }

        if (i < Columns)
        {
            LastOfRow<TLanes, TVector>(x, y, mean, scale, i);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly void LastOfRow<TLanes, TVector>(float* x, float* y, TVector mean, TVector scale, int i)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct => Write<TLanes, TVector, Part>(x, y, mean, scale, i);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Write<TLanes, TVector, TExtent>(float* x, float* y, TVector mean, TVector scale, int i)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
        where TExtent : struct, IExtent
    {
        var left = Columns - i;
        var value = TLanes.Multiply(TLanes.Subtract(TExtent.Load<TLanes, TVector>(x + i, left), mean), scale);
        var gain = TExtent.Load<TLanes, TVector>(Gain + i, left);
        value = Bias == null ? TLanes.Multiply(value, gain) : TLanes.MultiplyAdd(value, gain, TExtent.Load<TLanes, TVector>(Bias + i, left));
        TExtent.Store<TLanes, TVector>(y + i, value, left);
    }
}
