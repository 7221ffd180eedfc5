namespace MuonSharp.Numerics;

/// <summary>The greatest magnitude of one chunk; infinity if an element is not finite.</summary>
internal unsafe struct MagnitudeJob(float* x, long count, long chunk, float* partials) : ITeamJob, ILaneKernel
{
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
        var infinity = L.Broadcast(float.PositiveInfinity);
        var maximum = L.Broadcast(0);
        for (; i < end; i += LaneDispatch.Count)
        {
            var part = end - i >= LaneDispatch.Count ? L.Load(x + i) : LaneDispatch.LoadPart<L, V>(x + i, (int)(end - i));
            var magnitude = L.Abs(part);

            // The comparison is false for NaN as well, which thereby counts as infinite.
            maximum = L.Max(maximum, L.Choose(L.LessThan(magnitude, infinity), magnitude, infinity));
        }

        partials[_task] = L.Maximum(maximum);
    }
}
