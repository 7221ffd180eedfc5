namespace MuonSharp.Numerics;

/// <summary>One chunk of an elementwise operation.</summary>
internal unsafe struct UnaryJob<TOperator>(float* x, float* y, long count, TOperator operation) : ITeamJob, ILaneKernel
    where TOperator : struct, IUnaryOperator
{
    private long _start;
    private long _end;

    public readonly void Run(int task, int worker)
    {
        UnaryJob<TOperator> chunk = this;
        chunk._start = task * (long)Elementwise.Chunk;
        chunk._end = Math.Min(count, chunk._start + Elementwise.Chunk);
        LaneDispatch.Run(ref chunk);
    }

    public readonly void Run<L, V>()
        where L : struct, ILanes<V>
        where V : struct
    {
        TOperator f = operation;
        long i = _start;
        for (; i <= _end - LaneDispatch.Count; i += LaneDispatch.Count)
        {
            L.Store(y + i, f.Invoke<L, V>(L.Load(x + i)));
        }

        if (i < _end)
        {
            int left = (int)(_end - i);
            V xPart = LaneDispatch.LoadPart<L, V>(x + i, left);
            LaneDispatch.StorePart<L, V>(y + i, f.Invoke<L, V>(xPart), left);
        }
    }
}

/// <summary>One chunk of an elementwise operation.</summary>
internal unsafe struct BinaryJob<TOperator>(float* a, float* b, float* y, long count, TOperator operation) : ITeamJob, ILaneKernel
    where TOperator : struct, IBinaryOperator
{
    private long _start;
    private long _end;

    public readonly void Run(int task, int worker)
    {
        BinaryJob<TOperator> chunk = this;
        chunk._start = task * (long)Elementwise.Chunk;
        chunk._end = Math.Min(count, chunk._start + Elementwise.Chunk);
        LaneDispatch.Run(ref chunk);
    }

    public readonly void Run<L, V>()
        where L : struct, ILanes<V>
        where V : struct
    {
        TOperator f = operation;
        long i = _start;
        for (; i <= _end - LaneDispatch.Count; i += LaneDispatch.Count)
        {
            L.Store(y + i, f.Invoke<L, V>(L.Load(a + i), L.Load(b + i)));
        }

        if (i < _end)
        {
            int left = (int)(_end - i);
            V aPart = LaneDispatch.LoadPart<L, V>(a + i, left);
            V bPart = LaneDispatch.LoadPart<L, V>(b + i, left);
            LaneDispatch.StorePart<L, V>(y + i, f.Invoke<L, V>(aPart, bPart), left);
        }
    }
}

/// <summary>One chunk of an elementwise operation.</summary>
internal unsafe struct TernaryJob<TOperator>(float* a, float* b, float* c, float* y, long count, TOperator operation) : ITeamJob, ILaneKernel
    where TOperator : struct, ITernaryOperator
{
    private long _start;
    private long _end;

    public readonly void Run(int task, int worker)
    {
        TernaryJob<TOperator> chunk = this;
        chunk._start = task * (long)Elementwise.Chunk;
        chunk._end = Math.Min(count, chunk._start + Elementwise.Chunk);
        LaneDispatch.Run(ref chunk);
    }

    public readonly void Run<L, V>()
        where L : struct, ILanes<V>
        where V : struct
    {
        TOperator f = operation;
        long i = _start;
        for (; i <= _end - LaneDispatch.Count; i += LaneDispatch.Count)
        {
            L.Store(y + i, f.Invoke<L, V>(L.Load(a + i), L.Load(b + i), L.Load(c + i)));
        }

        if (i < _end)
        {
            int left = (int)(_end - i);
            V aPart = LaneDispatch.LoadPart<L, V>(a + i, left);
            V bPart = LaneDispatch.LoadPart<L, V>(b + i, left);
            V cPart = LaneDispatch.LoadPart<L, V>(c + i, left);
            LaneDispatch.StorePart<L, V>(y + i, f.Invoke<L, V>(aPart, bPart, cPart), left);
        }
    }
}
