using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Turns the heads of rows; source and destination may be the same. A task is a range of rows.</summary>
internal unsafe struct RotaryJob : ITeamJob, ILaneKernel
{
    public float* Source;
    public float* Destination;
    public float* Cosines;
    public float* Sines;
    public int Rows;
    public int Columns;
    public int Time;
    public int Half;
    public float Sign;
    public bool Add;
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
            var table = (nint)(row % Time) * Half;
            for (var head = 0; head < Columns; head += 2 * Half)
            {
                var at = ((nint)row * Columns) + head;
                Head<TLanes, TVector>(Source + at, Destination + at, Cosines + table, Sines + table);
            }
        }
    }

    private readonly void Head<TLanes, TVector>(float* source, float* destination, float* cosines, float* sines)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var sign = TLanes.Broadcast(Sign);
        var zero = TLanes.Broadcast(0);
        for (var i = 0; i < Half; i += LaneDispatch.Count)
        {
            var left = Half - i;
            var u = RowLanes.Load<TLanes, TVector>(source + i, left);
            var v = RowLanes.Load<TLanes, TVector>(source + Half + i, left);
            var cosine = RowLanes.Load<TLanes, TVector>(cosines + i, left);
            var sine = TLanes.Multiply(sign, RowLanes.Load<TLanes, TVector>(sines + i, left));
            var turnedU = TLanes.MultiplyAdd(u, cosine, TLanes.Subtract(zero, TLanes.Multiply(v, sine)));
            var turnedV = TLanes.MultiplyAdd(v, cosine, TLanes.Multiply(u, sine));
            RowLanes.StoreOrAdd<TLanes, TVector>(destination + i, turnedU, left, Add);
            RowLanes.StoreOrAdd<TLanes, TVector>(destination + Half + i, turnedV, left, Add);
        }
    }
}
