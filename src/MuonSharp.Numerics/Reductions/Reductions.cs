namespace MuonSharp.Numerics;

/// <summary>Sums and extremes over contiguous floats whose result does not depend on the number of workers or the vector width.</summary>
/// <remarks>An array is cut into chunks whose size follows from its length. In a chunk, sixteen lanes each sum short runs of floats; a run's lanes are added
/// by a fixed tree and the runs in double precision. Chunks are added in order, in double precision.</remarks>
public static unsafe class Reductions
{
    private const int MaximumTasks = 64;

    /// <summary>The sum of all elements.</summary>
    /// <param name="team">Workers; null runs on the calling thread.</param>
    /// <param name="x">Address of the first element.</param>
    /// <param name="count">Number of elements.</param>
    /// <returns>The sum; relative to the sum of magnitudes the error is below 1e-6.</returns>
    public static double Sum(WorkerTeam? team, float* x, long count) => Reduce<Plain>(team, x, count);

    /// <summary>The sum of the squares of all elements.</summary>
    /// <param name="team">Workers; null runs on the calling thread.</param>
    /// <param name="x">Address of the first element.</param>
    /// <param name="count">Number of elements.</param>
    /// <returns>The sum; relative error below 1e-6 while no square overflows or underflows.</returns>
    public static double SumOfSquares(WorkerTeam? team, float* x, long count) => Reduce<Squares>(team, x, count);

    /// <summary>The greatest magnitude; infinity if an element is infinite or not a number.</summary>
    /// <param name="team">Workers; null runs on the calling thread.</param>
    /// <param name="x">Address of the first element.</param>
    /// <param name="count">Number of elements.</param>
    /// <returns>The greatest magnitude; 0 for no elements.</returns>
    public static float MaximumMagnitude(WorkerTeam? team, float* x, long count)
    {
        long chunk = Chunk(count);
        int tasks = (int)((count + chunk - 1) / chunk);
        float* partials = stackalloc float[MaximumTasks];
        var job = new MagnitudeJob(x, count, chunk, partials);
        TeamRunner.Run(team, tasks, ref job);

        float maximum = 0f;
        for (int task = 0; task < tasks; task++)
        {
            maximum = Math.Max(maximum, partials[task]);
        }

        return maximum;
    }

    /// <summary>Whether no element is infinite or not a number.</summary>
    /// <param name="team">Workers; null runs on the calling thread.</param>
    /// <param name="x">Address of the first element.</param>
    /// <param name="count">Number of elements.</param>
    /// <returns>True if all are finite.</returns>
    public static bool AllFinite(WorkerTeam? team, float* x, long count) => float.IsFinite(MaximumMagnitude(team, x, count));

    private static long Chunk(long count) =>
        Elementwise.Chunk * Math.Max(1, (count + (Elementwise.Chunk * (long)MaximumTasks) - 1) / (Elementwise.Chunk * (long)MaximumTasks));

    private static double Reduce<TTerm>(WorkerTeam? team, float* x, long count)
        where TTerm : struct, IUnaryOperator
    {
        long chunk = Chunk(count);
        int tasks = (int)((count + chunk - 1) / chunk);
        double* partials = stackalloc double[MaximumTasks];
        var job = new SumJob<TTerm>(x, count, chunk, partials);
        TeamRunner.Run(team, tasks, ref job);

        double sum = 0.0;
        for (int task = 0; task < tasks; task++)
        {
            sum += partials[task];
        }

        return sum;
    }

    private readonly struct Plain : IUnaryOperator
    {
        public V Invoke<L, V>(V x)
            where L : struct, ILanes<V>
            where V : struct => x;
    }

    private readonly struct Squares : IUnaryOperator
    {
        public V Invoke<L, V>(V x)
            where L : struct, ILanes<V>
            where V : struct => L.Multiply(x, x);
    }
}

/// <summary>The sum of one chunk's terms.</summary>
internal unsafe struct SumJob<TTerm>(float* x, long count, long chunk, double* partials) : ITeamJob, ILaneKernel
    where TTerm : struct, IUnaryOperator
{
    /// <summary>Vectors that are added in float32 before double precision takes over.</summary>
    private const int Run16 = 16;

    private int _task;

    public readonly void Run(int task, int worker)
    {
        SumJob<TTerm> own = this;
        own._task = task;
        LaneDispatch.Run(ref own);
    }

    public readonly void Run<L, V>()
        where L : struct, ILanes<V>
        where V : struct
    {
        long i = _task * chunk;
        long end = Math.Min(count, i + chunk);
        var term = default(TTerm);
        double total = 0.0;
        while (i < end)
        {
            V sum = L.Broadcast(0);
            long stop = Math.Min(end, i + (Run16 * LaneDispatch.Count));
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

/// <summary>The greatest magnitude of one chunk; infinity if an element is not finite.</summary>
internal unsafe struct MagnitudeJob(float* x, long count, long chunk, float* partials) : ITeamJob, ILaneKernel
{
    private int _task;

    public readonly void Run(int task, int worker)
    {
        MagnitudeJob own = this;
        own._task = task;
        LaneDispatch.Run(ref own);
    }

    public readonly void Run<L, V>()
        where L : struct, ILanes<V>
        where V : struct
    {
        long i = _task * chunk;
        long end = Math.Min(count, i + chunk);
        V infinity = L.Broadcast(float.PositiveInfinity);
        V maximum = L.Broadcast(0);
        for (; i < end; i += LaneDispatch.Count)
        {
            V part = end - i >= LaneDispatch.Count ? L.Load(x + i) : LaneDispatch.LoadPart<L, V>(x + i, (int)(end - i));
            V magnitude = L.Abs(part);

            // The comparison is false for NaN as well, which thereby counts as infinite.
            maximum = L.Max(maximum, L.Choose(L.LessThan(magnitude, infinity), magnitude, infinity));
        }

        partials[_task] = L.Maximum(maximum);
    }
}
