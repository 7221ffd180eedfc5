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
        for (var i = 0; i < Columns; i += LaneDispatch.Count)
        {
            sum = TLanes.Add(sum, RowLanes.Load<TLanes, TVector>(x + i, Columns - i));
        }

        return TLanes.Sum(sum) / Columns;
    }

    private readonly float Spread<TLanes, TVector>(float* x, float mean)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var center = TLanes.Broadcast(mean);
        var sum = TLanes.Broadcast(0);
        for (var i = 0; i < Columns; i += LaneDispatch.Count)
        {
            var difference = TLanes.Subtract(RowLanes.Load<TLanes, TVector>(x + i, Columns - i, mean), center);
            sum = TLanes.MultiplyAdd(difference, difference, sum);
        }

        return TLanes.Sum(sum) / Columns;
    }

    private readonly void Write<TLanes, TVector>(float* x, float* y, TVector mean, TVector scale)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        for (var i = 0; i < Columns; i += LaneDispatch.Count)
        {
            var left = Columns - i;
            var value = TLanes.Multiply(TLanes.Subtract(RowLanes.Load<TLanes, TVector>(x + i, left), mean), scale);
            var gain = RowLanes.Load<TLanes, TVector>(Gain + i, left);
            value = Bias == null
                ? TLanes.Multiply(value, gain)
                : TLanes.MultiplyAdd(value, gain, RowLanes.Load<TLanes, TVector>(Bias + i, left));
            RowLanes.Store<TLanes, TVector>(y + i, value, left);
        }
    }
}
