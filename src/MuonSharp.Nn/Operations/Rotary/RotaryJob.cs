using System.Runtime.CompilerServices;
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
        var i = 0;
        for (; i <= Half - LaneDispatch.Count; i += LaneDispatch.Count)
        {
            Turn<TLanes, TVector, Whole>(source + i, destination + i, cosines + i, sines + i, Half - i);
        }

        if (i < Half)
        {
            LastOfHead<TLanes, TVector>(source + i, destination + i, cosines + i, sines + i, Half - i);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly void LastOfHead<TLanes, TVector>(float* source, float* destination, float* cosines, float* sines, int left)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct => Turn<TLanes, TVector, Part>(source, destination, cosines, sines, left);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Turn<TLanes, TVector, TExtent>(float* source, float* destination, float* cosines, float* sines, int left)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
        where TExtent : struct, IExtent
    {
        var u = TExtent.Load<TLanes, TVector>(source, left);
        var v = TExtent.Load<TLanes, TVector>(source + Half, left);
        var cosine = TExtent.Load<TLanes, TVector>(cosines, left);
        var sine = TLanes.Multiply(TLanes.Broadcast(Sign), TExtent.Load<TLanes, TVector>(sines, left));
        var turnedU = TLanes.MultiplyAdd(u, cosine, TLanes.Subtract(TLanes.Broadcast(0), TLanes.Multiply(v, sine)));
        var turnedV = TLanes.MultiplyAdd(v, cosine, TLanes.Multiply(u, sine));
        RowLanes.StoreOrAdd<TLanes, TVector, TExtent>(destination, turnedU, left, Add);
        RowLanes.StoreOrAdd<TLanes, TVector, TExtent>(destination + Half, turnedV, left, Add);
    }
}
