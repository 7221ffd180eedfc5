namespace MuonSharp.Numerics;

/// <summary>The sum of one chunk's terms.</summary>
internal unsafe struct SumJob<TTerm>(float* x, long count, long chunk, double* partials) : ITeamJob, ILaneKernel
    where TTerm : struct, IUnaryOperator
{
    /// <summary>Vectors that are added in float32 before double precision takes over.</summary>
    private const int Run16 = 16;

    private int _task;

    public readonly void Run(int task, int worker)
    {
        var own = this;
        own._task = task;
        LaneDispatch.Run(ref own);
    }

    public readonly void Run<L, V>()
        where L : struct, ILanes<V>
        where V : struct
    {
        var i = _task * chunk;
        var end = Math.Min(count, i + chunk);
        var term = default(TTerm);
        var total = 0.0;
        while (i < end)
        {
            var sum = L.Broadcast(0);
            var stop = Math.Min(end, i + (Run16 * LaneDispatch.Count));
            for (; i <= stop - LaneDispatch.Count; i += LaneDispatch.Count)
            {
                sum = L.Add(sum, term.Invoke<L, V>(L.Load(x + i)));
            }

            if (i < stop)
            {
                sum = L.Add(sum, term.Invoke<L, V>(LaneDispatch.LoadPart<L, V>(x + i, (int)(stop - i))));
                i = stop;
            }

            total += L.Sum(sum);
        }

        partials[_task] = total;
    }
}
