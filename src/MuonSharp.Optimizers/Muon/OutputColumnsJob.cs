using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>Row normalization of a matrix stored [in, out]: an output is a column, sixteen of them side by side in the lanes.</summary>
/// <remarks>Squares are added in float32 over runs of 16 rows, in double above that.</remarks>
internal unsafe struct OutputColumnsJob(
    Matrix result, float* meanSquares, RowMeanSquare rule, double* before, double* after) : ITeamJob, ILaneKernel
{
    private const int RunLength = 16;

    private readonly int _blocks = ((result.Columns - 1) / LaneDispatch.Count) + 1;
    private int _task;

    public readonly int Tasks => ((_blocks - 1) / BlocksPerTask) + 1;

    private readonly int BlocksPerTask => ((_blocks - 1) / MatrixRows.MaximumTasks) + 1;

    public readonly void Run(int task, int worker)
    {
        OutputColumnsJob own = this;
        own._task = task;
        LaneDispatch.Run(ref own);
    }

    public readonly void Run<L, V>()
        where L : struct, ILanes<V>
        where V : struct
    {
        (before[_task], after[_task]) = (0, 0);
        int end = Math.Min(_blocks, (_task + 1) * BlocksPerTask);
        float* lanes = stackalloc float[LaneDispatch.Count];
        double* sums = stackalloc double[LaneDispatch.Count];
        for (int block = _task * BlocksPerTask; block < end; block++)
        {
            int column = block * LaneDispatch.Count;
            int width = Math.Min(LaneDispatch.Count, result.Columns - column);
            Squares<L, V>(column, width, lanes, sums);
            for (int i = 0; i < width; i++)
            {
                lanes[i] = rule.Update(meanSquares + column + i, sums[i] / result.Rows);
                before[_task] += sums[i];
                after[_task] += sums[i] * lanes[i] * lanes[i];
            }

            V factors = L.Load(lanes);
            for (int row = 0; row < result.Rows; row++)
            {
                float* x = result.Data + (row * result.RowStride) + column;
                LaneDispatch.StorePart<L, V>(x, L.Multiply(LaneDispatch.LoadPart<L, V>(x, width), factors), width);
            }
        }
    }

    private readonly void Squares<L, V>(int column, int width, float* lanes, double* sums)
        where L : struct, ILanes<V>
        where V : struct
    {
        new Span<double>(sums, LaneDispatch.Count).Clear();
        for (int start = 0; start < result.Rows; start += RunLength)
        {
            V sum = L.Broadcast(0);
            for (int row = start; row < Math.Min(result.Rows, start + RunLength); row++)
            {
                V x = LaneDispatch.LoadPart<L, V>(result.Data + (row * result.RowStride) + column, width);
                sum = L.MultiplyAdd(x, x, sum);
            }

            L.Store(lanes, sum);
            for (int i = 0; i < LaneDispatch.Count; i++)
            {
                sums[i] += lanes[i];
            }
        }
    }
}
