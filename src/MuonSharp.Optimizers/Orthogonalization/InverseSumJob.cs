using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>Q = unit I + sum_j weight_j W_j, lower triangle, poles in ascending order: a task is a strip of rows.</summary>
internal unsafe struct InverseSumJob(Matrix q, float* inverses, long stride, float* weights, int poles, float unit) : ITeamJob, ILaneKernel
{
    private const int Strip = 32;
    private int _strip;

    public readonly int Tasks => ((q.Rows - 1) / Strip) + 1;

    public readonly void Run(int task, int worker)
    {
        // The longest rows come first.
        InverseSumJob own = this;
        own._strip = Tasks - 1 - task;
        LaneDispatch.Run(ref own);
    }

    public readonly void Run<L, V>()
        where L : struct, ILanes<V>
        where V : struct
    {
        for (int row = _strip * Strip; row < Math.Min(q.Rows, (_strip + 1) * Strip); row++)
        {
            // Whole vectors while they stay in the row: what they write beyond the diagonal is overwritten when the triangle is mirrored.
            long start = (long)row * q.Columns;
            int column = 0;
            for (; column <= row && column <= q.Columns - LaneDispatch.Count; column += LaneDispatch.Count)
            {
                V sum = L.Multiply(L.Load(inverses + start + column), L.Broadcast(weights[0]));
                for (int j = 1; j < poles; j++)
                {
                    sum = L.MultiplyAdd(L.Load(inverses + (j * stride) + start + column), L.Broadcast(weights[j]), sum);
                }

                L.Store(q.Data + start + column, sum);
            }

            if (column <= row)
            {
                int left = row + 1 - column;
                V sum = L.Multiply(LaneDispatch.LoadPart<L, V>(inverses + start + column, left), L.Broadcast(weights[0]));
                for (int j = 1; j < poles; j++)
                {
                    V inverse = LaneDispatch.LoadPart<L, V>(inverses + (j * stride) + start + column, left);
                    sum = L.MultiplyAdd(inverse, L.Broadcast(weights[j]), sum);
                }

                LaneDispatch.StorePart<L, V>(q.Data + start + column, sum, left);
            }

            q.Data[start + row] += unit;
        }
    }
}
