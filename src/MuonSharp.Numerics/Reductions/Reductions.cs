namespace MuonSharp.Numerics;

/// <summary>Sums and extremes over contiguous floats whose result does not depend on the number of workers or the vector width.</summary>
/// <remarks>An array is cut into chunks whose size follows from its length. In a chunk, sixteen lanes each sum short runs of floats; a run's lanes are added
/// by a fixed tree and the runs in double precision. Chunks are added in order, in double precision.</remarks>
public static unsafe class Reductions
{
    /// <summary>Floats of the smallest chunk.</summary>
    public const int Chunk = 1 << 14;

    private const int MaximumTasks = 64;

    /// <summary>Below this sum of a chunk, squares may have been subnormal.</summary>
    private const double Tiny = 1e-24;

    /// <summary>A power of two that lifts float32's smallest normal numbers into the middle of its range.</summary>
    private const float Lift = 1.8446744e19f;

    /// <summary>The sum of the squares of floats of any magnitude: finite exactly when every element is.</summary>
    /// <remarks>Where squares would overflow or vanish in float32 a chunk is summed again, scaled or in double precision; whether that happens
    /// depends on the data alone.</remarks>
    /// <param name="team">Workers; null runs on the calling thread.</param>
    /// <param name="x">Address of the first element.</param>
    /// <param name="count">Number of elements.</param>
    /// <returns>The sum; its relative error is below 1e-6.</returns>
    public static double SumOfSquares(WorkerTeam? team, float* x, long count)
    {
        long chunk = ChunkOf(count);
        int tasks = (int)((count + chunk - 1) / chunk);
        double* partials = stackalloc double[MaximumTasks];
        var job = new SquaresJob(x, count, chunk, partials);
        TeamRunner.Run(team, tasks, ref job);
        double sum = 0;
        for (int task = 0; task < tasks; task++)
        {
            sum += partials[task];
        }

        return sum;
    }

    /// <summary>The sum of squares of one chunk, on the calling thread, by the same rules.</summary>
    /// <param name="x">Address of the first element.</param>
    /// <param name="count">Number of elements.</param>
    /// <returns>The sum.</returns>
    public static double SumOfSquares(float* x, long count)
    {
        double sum = Squares(x, count, 1);
        if (!double.IsFinite(sum))
        {
            return ExactSquares(x, count);
        }

        return sum < Tiny ? Squares(x, count, Lift) / ((double)Lift * Lift) : sum;
    }

    /// <summary>The greatest magnitude; infinity if an element is infinite or not a number.</summary>
    /// <param name="team">Workers; null runs on the calling thread.</param>
    /// <param name="x">Address of the first element.</param>
    /// <param name="count">Number of elements.</param>
    /// <returns>The greatest magnitude; 0 for no elements.</returns>
    public static float MaximumMagnitude(WorkerTeam? team, float* x, long count)
    {
        long chunk = ChunkOf(count);
        int tasks = (int)((count + chunk - 1) / chunk);
        float* partials = stackalloc float[MaximumTasks];
        team.RunLanes(tasks, new MagnitudeKernel(x, count, chunk, partials));
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

    private static long ChunkOf(long count) => Chunk * Math.Max(1, (count + (Chunk * (long)MaximumTasks) - 1) / (Chunk * (long)MaximumTasks));

    private static double Squares(float* x, long count, float scale)
    {
        double sum = 0;
        var kernel = new SquaresKernel(x, count, scale, &sum);
        LaneDispatch.Run(ref kernel);
        return sum;
    }

    private static double ExactSquares(float* x, long count)
    {
        double sum = 0;
        for (long i = 0; i < count; i++)
        {
            sum += (double)x[i] * x[i];
        }

        return sum;
    }
}

/// <summary>The sum of squares of one chunk a task.</summary>
internal readonly unsafe struct SquaresJob(float* x, long count, long chunk, double* partials) : ITeamJob
{
    public void Run(int task, int worker)
    {
        long start = task * chunk;
        partials[task] = Reductions.SumOfSquares(x + start, Math.Min(chunk, count - start));
    }
}

/// <summary>The sum of (scale x)²: lanes within runs of 256 elements, doubles between runs.</summary>
internal readonly unsafe struct SquaresKernel(float* x, long count, float scale, double* result) : ILaneKernel
{
    private const int RunLength = 16 * LaneDispatch.Count;

    public void Run<L, V>()
        where L : struct, ILanes<V>
        where V : struct
    {
        V factor = L.Broadcast(scale);
        double total = 0;
        for (long start = 0; start < count; start += RunLength)
        {
            long end = Math.Min(count, start + RunLength);
            V sum = L.Broadcast(0);
            long i = start;
            for (; i <= end - LaneDispatch.Count; i += LaneDispatch.Count)
            {
                V value = L.Multiply(L.Load(x + i), factor);
                sum = L.MultiplyAdd(value, value, sum);
            }

            if (i < end)
            {
                V value = L.Multiply(RowEnd.Load<L, V>(x + i, (int)(end - i)), factor);
                sum = L.MultiplyAdd(value, value, sum);
            }

            total += L.Sum(sum);
        }

        *result = total;
    }
}

/// <summary>The greatest magnitude of one chunk a task; infinity if an element is not finite.</summary>
internal readonly unsafe struct MagnitudeKernel(float* x, long count, long chunk, float* partials) : ITaskKernel
{
    public void Run<L, V>(int task, int worker)
        where L : struct, ILanes<V>
        where V : struct
    {
        long i = task * chunk;
        long end = Math.Min(count, i + chunk);
        V infinity = L.Broadcast(float.PositiveInfinity);
        V maximum = L.Broadcast(0);
        for (; i < end; i += LaneDispatch.Count)
        {
            V part = end - i >= LaneDispatch.Count ? L.Load(x + i) : RowEnd.Load<L, V>(x + i, (int)(end - i));
            V magnitude = L.Abs(part);

            // The comparison is false for NaN as well, which thereby counts as infinite.
            maximum = L.Max(maximum, L.Choose(L.LessThan(magnitude, infinity), magnitude, infinity));
        }

        partials[task] = L.Maximum(maximum);
    }
}
