namespace MuonSharp.Numerics;

/// <summary>Matrix products in double precision, for the statistics and bases of SOAP and Shampoo.</summary>
/// <remarks>
/// <para>Every element is one chain of fused multiply-adds in ascending k, so the bits depend neither on threads nor on vector width nor on blocks.</para>
/// <para>Cost: 2mnk FLOPs. Scratch: some 115 KB of the running thread's stack.</para>
/// </remarks>
public static unsafe class DoubleProduct
{
    /// <summary>C = A B.</summary>
    /// <param name="team">Workers; null runs on the calling thread.</param>
    /// <param name="a">[m, k], any strides.</param>
    /// <param name="b">[k, n], any strides.</param>
    /// <param name="c">[m, n], overwritten; shares no memory with A or B.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static void Multiply(WorkerTeam? team, DoubleMatrix a, DoubleMatrix b, DoubleMatrix c) => Run(team, a, b, c, false);

    /// <summary>C = A B where the result is known to be symmetric (B = Aᵀ): the lower triangle is computed, then mirrored.</summary>
    /// <param name="team">Workers; null runs on the calling thread.</param>
    /// <param name="a">[n, k], any strides.</param>
    /// <param name="b">[k, n], any strides.</param>
    /// <param name="c">[n, n], overwritten; shares no memory with A or B.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static void MultiplySymmetric(WorkerTeam? team, DoubleMatrix a, DoubleMatrix b, DoubleMatrix c)
    {
        Run(team, a, b, c, true);
        for (int i = 0; i < c.Rows; i++)
        {
            for (int j = 0; j < i; j++)
            {
                c.Data[(j * c.RowStride) + (i * c.ColumnStride)] = c.Data[(i * c.RowStride) + (j * c.ColumnStride)];
            }
        }
    }

    private static void Run(WorkerTeam? team, DoubleMatrix a, DoubleMatrix b, DoubleMatrix c, bool lowerOnly)
    {
        if (a.Columns != b.Rows || a.Rows != c.Rows || b.Columns != c.Columns || (lowerOnly && c.Rows != c.Columns))
        {
            throw new ArgumentException("[double product] [m, k] times [k, n] is [m, n], and square where it is symmetric; "
                + $"[{a.Rows}, {a.Columns}] times [{b.Rows}, {b.Columns}] into [{c.Rows}, {c.Columns}]");
        }

        int rowTasks = (c.Rows + DoubleProductJob.BlockRows - 1) / DoubleProductJob.BlockRows;
        int columnTasks = (c.Columns + DoubleProductJob.BlockColumns - 1) / DoubleProductJob.BlockColumns;
        var job = new DoubleProductJob(a, b, c, columnTasks, lowerOnly);
        TeamRunner.Run(team, rowTasks * columnTasks, ref job);
    }
}
