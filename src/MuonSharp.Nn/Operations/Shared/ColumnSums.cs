using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Column sums of a matrix in a fixed order: rows one after the other inside a chunk, then a binary tree over the chunks.</summary>
/// <remarks>The chunks depend on the width alone, so any number of threads gives the same bits. Used for gradients of biases, and its
/// second half for those of gains. Cost: one pass over the matrix; scratch [chunks, columns].</remarks>
internal static unsafe class ColumnSums
{
    private const int ColumnsPerTask = 64;

    /// <summary>Chunks of a matrix of that shape.</summary>
    public static int Chunks(int rows, int columns) => Cut.Pieces(rows, Cut.RowsPerTask(columns));

    /// <summary>sums = [sums +] column sums of the matrix.</summary>
    public static void Run(WorkerTeam team, float* matrix, int rows, int columns, float* partial, float* sums, bool add)
    {
        var job = new ChunkJob { Matrix = matrix, Rows = rows, Columns = columns, Partial = partial };
        team.Run(Chunks(rows, columns), ref job);
        Combine(team, partial, Chunks(rows, columns), columns, sums, add);
    }

    /// <summary>sums = [sums +] the sum of the chunks' rows, as a binary tree; the partial sums are overwritten.</summary>
    public static void Combine(WorkerTeam team, float* partial, int chunks, int columns, float* sums, bool add)
    {
        var job = new TreeJob { Partial = partial, Chunks = chunks, Columns = columns, Sums = sums, Add = add };
        team.Run(Cut.Pieces(columns, ColumnsPerTask), ref job);
    }

    private struct ChunkJob : ITeamJob, ILaneKernel
    {
        public float* Matrix;
        public int Rows;
        public int Columns;
        public float* Partial;
        private int _task;

        public readonly void Run(int task, int worker)
        {
            var mine = this;
            mine._task = task;
            LaneDispatch.Run(ref mine);
        }

        public readonly void Run<TLanes, TVector>()
            where TLanes : struct, ILanes<TVector>
            where TVector : struct
        {
            var first = _task * Cut.RowsPerTask(Columns);
            var end = Math.Min(Rows, first + Cut.RowsPerTask(Columns));
            var column = 0;
            for (; column <= Columns - LaneDispatch.Count; column += LaneDispatch.Count)
            {
                Sum<TLanes, TVector, Whole>(column, first, end);
            }

            if (column < Columns)
            {
                Sum<TLanes, TVector, Part>(column, first, end);
            }
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private readonly void Sum<TLanes, TVector, TExtent>(int column, int first, int end)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct
            where TExtent : struct, IExtent
        {
            var left = Columns - column;
            var sum = TLanes.Broadcast(0);
            for (var row = first; row < end; row++)
            {
                sum = TLanes.Add(sum, TExtent.Load<TLanes, TVector>(Matrix + ((nint)row * Columns) + column, left));
            }

            TExtent.Store<TLanes, TVector>(Partial + ((nint)_task * Columns) + column, sum, left);
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
            var first = task * ColumnsPerTask;
            var count = Math.Min(ColumnsPerTask, Columns - first);
            for (var stride = 1; stride < Chunks; stride *= 2)
            {
                for (var chunk = 0; chunk + stride < Chunks; chunk += 2 * stride)
                {
                    var into = Partial + ((nint)chunk * Columns) + first;
                    var from = into + ((nint)stride * Columns);
                    for (var i = 0; i < count; i++)
                    {
                        into[i] += from[i];
                    }
                }
            }

            for (var i = first; i < first + count; i++)
            {
                Sums[i] = Add ? Sums[i] + Partial[i] : Partial[i];
            }
        }
    }
}
