using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Hands an output's gradient on to an input unchanged: nothing to do when the input's gradient took over the output's buffer.</summary>
internal static unsafe class GradientHandOn
{
    /// <summary>How many of the gradients are wanted.</summary>
    public static int Count(params ReadOnlySpan<GradientSlot?> slots)
    {
        int count = 0;
        foreach (GradientSlot? slot in slots)
        {
            count += slot is null ? 0 : 1;
        }

        return count;
    }

    /// <summary>Bytes that need not move because the input's gradient took over the output's buffer.</summary>
    public static double SharedBytes(Tensor output, GradientSlot? slot) =>
        slot is not null && slot.Tensor.GradientBuffer is { } buffer && buffer == output.GradientBuffer ? sizeof(float) * (double)output.Length : 0;

    public static void Run(WorkerTeam team, Tensor output, GradientSlot? slot)
    {
        if (slot is not null && slot.Data != output.GradientData)
        {
            Elementwise.Map<CopyFormula>(team, output.GradientData, slot.Data, output.Length, add: slot.Accumulates);
        }
    }
}

/// <summary>Column sums of a matrix in a fixed order: rows one after the other inside a chunk, then a binary tree over the chunks.</summary>
/// <remarks>
/// <para>The chunks depend on the width alone, so any number of threads gives the same bits. Used for gradients of biases, and its
/// second half for those of gains. Cost: one pass over the matrix; scratch [chunks, columns].</para>
/// <para>Inside a chunk what each addition rounds away is added at the end (Knuth's two-sum): gradients of ±1/n, as an absolute error has, cancel to exactly
/// zero where they should. AdamW's first step would make a large part of a step of what rounding leaves.</para>
/// </remarks>
internal static unsafe class ColumnSums
{
    private const int ColumnsPerTask = 64;

    /// <summary>Chunks of a matrix of that shape.</summary>
    public static int Chunks(int rows, int columns) => TaskSize.Pieces(rows, TaskSize.RowsPerTask(columns));

    /// <summary>sums = [sums +] column sums of the matrix.</summary>
    public static void Run(WorkerTeam team, float* matrix, int rows, int columns, float* partial, float* sums, bool add)
    {
        team.RunLanes(Chunks(rows, columns), new ChunkKernel(matrix, rows, columns, partial));
        Combine(team, partial, Chunks(rows, columns), columns, sums, add);
    }

    /// <summary>sums = [sums +] the sum of the chunks' rows, as a binary tree; the partial sums are overwritten.</summary>
    public static void Combine(WorkerTeam team, float* partial, int chunks, int columns, float* sums, bool add)
    {
        var job = new TreeJob { Partial = partial, Chunks = chunks, Columns = columns, Sums = sums, Add = add };
        team.Run(TaskSize.Pieces(columns, ColumnsPerTask), ref job);
    }

    private readonly struct ChunkKernel(float* matrix, int rows, int columns, float* partial) : ITaskKernel
    {
        public void Run<L, V>(int task, int worker)
            where L : struct, ILanes<V>
            where V : struct
        {
            int column = 0;
            for (; column <= columns - LaneDispatch.Count; column += LaneDispatch.Count)
            {
                Sum<L, V, FullVector>(task, column);
            }

            if (column < columns)
            {
                Sum<L, V, RowEnd>(task, column);
            }
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private void Sum<L, V, TExtent>(int task, int column)
            where L : struct, ILanes<V>
            where V : struct
            where TExtent : struct, IVectorExtent
        {
            int left = columns - column, first = task * TaskSize.RowsPerTask(columns), end = Math.Min(rows, first + TaskSize.RowsPerTask(columns));
            V sum = L.Broadcast(0), lost = L.Broadcast(0);
            for (int row = first; row < end; row++)
            {
                V value = TExtent.Load<L, V>(matrix + ((nint)row * columns) + column, left);
                V next = L.Add(sum, value);
                V added = L.Subtract(next, sum);
                lost = L.Add(lost, L.Add(L.Subtract(sum, L.Subtract(next, added)), L.Subtract(value, added)));
                sum = next;
            }

            TExtent.Store<L, V>(partial + ((nint)task * columns) + column, L.Add(sum, lost), left);
        }
    }

    private struct TreeJob : ITeamJob
    {
        public float* Partial;
        public int Chunks;
        public int Columns;
        public float* Sums;
        public bool Add;

        public readonly void Run(int task, int worker)
        {
            int first = task * ColumnsPerTask;
            int count = Math.Min(ColumnsPerTask, Columns - first);
            for (int stride = 1; stride < Chunks; stride *= 2)
            {
                for (int chunk = 0; chunk + stride < Chunks; chunk += 2 * stride)
                {
                    float* into = Partial + ((nint)chunk * Columns) + first;
                    float* from = into + ((nint)stride * Columns);
                    for (int i = 0; i < count; i++)
                    {
                        into[i] += from[i];
                    }
                }
            }

            for (int i = first; i < first + count; i++)
            {
                Sums[i] = Add ? Sums[i] + Partial[i] : Partial[i];
            }
        }
    }
}
