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
            var into = Gradient + ((nint)position * Width);
            for (var i = 0; i < Width; i += LaneDispatch.Count)
            {
                var left = Width - i;
                var sum = Add ? RowLanes.Load<TLanes, TVector>(into + i, left) : TLanes.Broadcast(0);
                for (var t = position; position < Time && t < Count; t += Time)
                {
                    sum = TLanes.Add(sum, RowLanes.Load<TLanes, TVector>(Source + ((nint)t * Width) + i, left));
                }

                RowLanes.Store<TLanes, TVector>(into + i, sum, left);
            }
        }
    }
}
