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
        var chunk = Chunk(count);
        var tasks = (int)((count + chunk - 1) / chunk);
        var partials = stackalloc float[MaximumTasks];
        var job = new MagnitudeJob(x, count, chunk, partials);
        TeamRunner.Run(team, tasks, ref job);

        var maximum = 0f;
        for (var task = 0; task < tasks; task++)
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
        var chunk = Chunk(count);
        var tasks = (int)((count + chunk - 1) / chunk);
        var partials = stackalloc double[MaximumTasks];
        var job = new SumJob<TTerm>(x, count, chunk, partials);
        TeamRunner.Run(team, tasks, ref job);

        var sum = 0.0;
        for (var task = 0; task < tasks; task++)
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
