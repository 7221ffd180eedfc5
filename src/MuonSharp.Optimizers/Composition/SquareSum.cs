using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>The sum of squares of floats of any magnitude: finite exactly when every element is.</summary>
/// <remarks>Sixteen lanes and one tree for runs of 256 elements, doubles above that. Where squares would overflow or vanish in float32
/// the chunk is summed again, scaled or in double precision; whether that happens depends on the data alone.</remarks>
internal static unsafe class SquareSum
{
    /// <summary>Elements per task.</summary>
    public const int Chunk = 1 << 14;

    private const int MaximumTasks = 64;

    /// <summary>Below this sum of a chunk, squares may have been subnormal.</summary>
    private const double Tiny = 1e-24;

    /// <summary>A power of two that lifts float32's smallest normal numbers into the middle of its range.</summary>
    private const float Lift = 1.8446744e19f;

    /// <summary>The sum over contiguous memory, the same for any team.</summary>
    public static double Of(WorkerTeam? team, float* x, int count)
    {
        int chunk = Chunk * Math.Max(1, ((count - 1) / (Chunk * MaximumTasks)) + 1);
        int tasks = ((count - 1) / chunk) + 1;
        double* partials = stackalloc double[MaximumTasks];
        var job = new SquareSumJob(x, count, chunk, partials);
        TeamRunner.Run(team, tasks, ref job);
        double sum = 0;
        for (int task = 0; task < tasks; task++)
        {
            sum += partials[task];
        }

        return sum;
    }

    /// <summary>The sum over one chunk, on the calling thread.</summary>
    public static double OfChunk(float* x, int count)
    {
        double sum = Lanes(x, count, 1);
        if (!double.IsFinite(sum))
        {
            return Exact(x, count);
        }

        return sum < Tiny ? Lanes(x, count, Lift) / ((double)Lift * Lift) : sum;
    }

    private static double Lanes(float* x, int count, float scale)
    {
        double sum = 0;
        var kernel = new SquareSumKernel(x, count, scale, &sum);
        LaneDispatch.Run(ref kernel);
        return sum;
    }

    private static double Exact(float* x, int count)
    {
        double sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += (double)x[i] * x[i];
        }

        return sum;
    }
}

/// <summary>One chunk of a sum of squares a task.</summary>
internal readonly unsafe struct SquareSumJob(float* x, int count, int chunk, double* partials) : ITeamJob
{
    public void Run(int task, int worker)
    {
        long start = (long)task * chunk;
        partials[task] = SquareSum.OfChunk(x + start, (int)Math.Min(chunk, count - start));
    }
}

/// <summary>sum += (scale x)², lanes within runs of 256 elements, doubles between runs.</summary>
internal readonly unsafe struct SquareSumKernel(float* x, int count, float scale, double* result) : ILaneKernel
{
    private const int RunLength = 16 * LaneDispatch.Count;

    public void Run<L, V>()
        where L : struct, ILanes<V>
        where V : struct
    {
        V factor = L.Broadcast(scale);
        double total = 0;
        for (int start = 0; start < count; start += RunLength)
        {
            int end = Math.Min(count, start + RunLength);
            V sum = L.Broadcast(0);
            int i = start;
            for (; i <= end - LaneDispatch.Count; i += LaneDispatch.Count)
            {
                V value = L.Multiply(L.Load(x + i), factor);
                sum = L.MultiplyAdd(value, value, sum);
            }

            if (i < end)
            {
                V value = L.Multiply(LaneDispatch.LoadPart<L, V>(x + i, end - i), factor);
                sum = L.MultiplyAdd(value, value, sum);
            }

            total += L.Sum(sum);
        }

        *result = total;
    }
}
