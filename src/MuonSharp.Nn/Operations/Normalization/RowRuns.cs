using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Two sums by column over each run of 64 rows: what is added in float32 before double precision takes over. A task is some runs, cut by shape.</summary>
internal readonly unsafe struct RowRuns(int rows, int columns, float* sums)
{
    /// <summary>Rows of a run.</summary>
    public const int Rows = 64;

    private const int RunsOfTask = 4;

    /// <summary>Rows of all runs.</summary>
    public int AllRows { get; } = rows;

    /// <summary>Columns.</summary>
    public int Columns { get; } = columns;

    /// <summary>Number of runs.</summary>
    public int Runs => TaskSize.Pieces(AllRows, Rows);

    /// <summary>Number of tasks.</summary>
    public int Tasks => TaskSize.Pieces(Runs, RunsOfTask);

    /// <summary>Floats that the sums of all runs take.</summary>
    public static long Length(int rows, int columns) => 2L * TaskSize.Pieces(rows, Rows) * columns;

    /// <summary>The runs of a task.</summary>
    public (int First, int End) Of(int task) => (task * RunsOfTask, Math.Min(Runs, (task + 1) * RunsOfTask));

    /// <summary>The rows of a run.</summary>
    public (int First, int End) RowsOf(int run) => (run * Rows, Math.Min(AllRows, (run + 1) * Rows));

    /// <summary>The first, or second, sums of a run.</summary>
    public float* At(int run, int which = 0) => sums + (((2 * (nint)run) + which) * Columns);

    /// <summary>total = the sums of all runs, in their order, of sixteen columns.</summary>
    /// <param name="total">Sixteen doubles.</param>
    /// <param name="column">The first column.</param>
    /// <param name="which">0 or 1: which sums.</param>
    public void Add(double* total, int column, int which)
    {
        int width = Math.Min(LaneDispatch.Count, Columns - column);
        new Span<double>(total, LaneDispatch.Count).Clear();
        for (int run = 0; run < Runs; run++)
        {
            float* sum = At(run, which) + column;
            for (int i = 0; i < width; i++)
            {
                total[i] += sum[i];
            }
        }
    }
}

/// <summary>What is done to sixteen columns of a few rows that lie behind each other.</summary>
internal unsafe interface IRowBlock
{
    /// <summary>Does it.</summary>
    /// <param name="run">The run of rows.</param>
    /// <param name="row">The first row.</param>
    /// <param name="end">The row behind the last.</param>
    /// <param name="column">The first column.</param>
    /// <param name="left">Columns that are left.</param>
    void Run<L, V, TExtent>(int run, int row, int end, int column, int left)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent;
}

/// <summary>Walks over the rows of a run, four at a time and all columns of those: memory is read in its order, and what is kept by column is touched once for four rows.</summary>
internal static class RowBlocks
{
    private const int Together = 4;

    /// <summary>Walks over all runs of a task.</summary>
    public static void WalkTask<L, V, TBlock>(in RowRuns runs, int task, in TBlock block)
        where L : struct, ILanes<V>
        where V : struct
        where TBlock : struct, IRowBlock
    {
        (int first, int end) = runs.Of(task);
        for (int run = first; run < end; run++)
        {
            Walk<L, V, TBlock>(runs, run, block);
        }
    }

    /// <summary>Walks over a run.</summary>
    public static void Walk<L, V, TBlock>(in RowRuns runs, int run, in TBlock block)
        where L : struct, ILanes<V>
        where V : struct
        where TBlock : struct, IRowBlock
    {
        (int first, int end) = runs.RowsOf(run);
        for (int row = first; row < end; row += Together)
        {
            int last = Math.Min(end, row + Together), column = 0;
            for (; column <= runs.Columns - LaneDispatch.Count; column += LaneDispatch.Count)
            {
                block.Run<L, V, FullVector>(run, row, last, column, LaneDispatch.Count);
            }

            if (column < runs.Columns)
            {
                RowEnd<L, V, TBlock>(block, run, row, last, column, runs.Columns - column);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RowEnd<L, V, TBlock>(in TBlock block, int run, int row, int end, int column, int left)
        where L : struct, ILanes<V>
        where V : struct
        where TBlock : struct, IRowBlock => block.Run<L, V, RowEnd>(run, row, end, column, left);
}
