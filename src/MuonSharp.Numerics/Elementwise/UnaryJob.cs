namespace MuonSharp.Numerics;

/// <summary>One chunk of an elementwise operation.</summary>
internal unsafe struct UnaryJob<TOperator>(float* x, float* y, long count, TOperator operation) : ITeamJob, ILaneKernel
    where TOperator : struct, IUnaryOperator
{
    private long _start;
    private long _end;

    public readonly void Run(int task, int worker)
    {
        var chunk = this;
        chunk._start = task * (long)Elementwise.Chunk;
        chunk._end = Math.Min(count, chunk._start + Elementwise.Chunk);
        LaneDispatch.Run(ref chunk);
    }

    public readonly void Run<L, V>()
        where L : struct, ILanes<V>
        where V : struct
    {
        var f = operation;
        var i = _start;
        for (; i <= _end - LaneDispatch.Count; i += LaneDispatch.Count)
        {
            L.Store(y + i, f.Invoke<L, V>(L.Load(x + i)));
        }

        if (i < _end)
        {
            var left = (int)(_end - i);
            var xPart = LaneDispatch.LoadPart<L, V>(x + i, left);
            LaneDispatch.StorePart<L, V>(y + i, f.Invoke<L, V>(xPart), left);
        }
    }
}
