namespace MuonSharp.Numerics;

/// <summary>One chunk of an elementwise operation.</summary>
internal unsafe struct BinaryJob<TOperator>(float* a, float* b, float* y, long count, TOperator operation) : ITeamJob, ILaneKernel
    where TOperator : struct, IBinaryOperator
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
            L.Store(y + i, f.Invoke<L, V>(L.Load(a + i), L.Load(b + i)));
        }

        if (i < _end)
        {
            var left = (int)(_end - i);
            var aPart = LaneDispatch.LoadPart<L, V>(a + i, left);
            var bPart = LaneDispatch.LoadPart<L, V>(b + i, left);
            LaneDispatch.StorePart<L, V>(y + i, f.Invoke<L, V>(aPart, bPart), left);
        }
    }
}
