using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Sums the gradients of equal positions over the batch, sequences in order. A task is a range of positions.</summary>
internal unsafe struct PositionJob : ITeamJob, ILaneKernel
{
    public const int RowsPerTask = 16;

    public int Count;
    public int Time;
    public int Rows;
    public int Width;
    public float* Source;
    public float* Gradient;
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
        var end = Math.Min(Rows, (_task + 1) * RowsPerTask);
        for (var position = _task * RowsPerTask; position < end; position++)
        {
            var i = 0;
            for (; i <= Width - LaneDispatch.Count; i += LaneDispatch.Count)
            {
                Sum<TLanes, TVector, Whole>(position, i);
            }

            if (i < Width)
            {
                Sum<TLanes, TVector, Part>(position, i);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly void Sum<TLanes, TVector, TExtent>(int position, int column)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
        where TExtent : struct, IExtent
    {
        var left = Width - column;
        var into = Gradient + ((nint)position * Width) + column;
        var sum = Add ? TExtent.Load<TLanes, TVector>(into, left) : TLanes.Broadcast(0);
        for (var t = position; position < Time && t < Count; t += Time)
        {
            sum = TLanes.Add(sum, TExtent.Load<TLanes, TVector>(Source + ((nint)t * Width) + column, left));
        }

        TExtent.Store<TLanes, TVector>(into, sum, left);
    }
}
