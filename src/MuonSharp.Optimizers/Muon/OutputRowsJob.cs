using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>Row normalization of a matrix stored [out, in]: an output is a row.</summary>
internal readonly unsafe struct OutputRowsJob(
    MatrixRows rows, Matrix result, float* meanSquares, RowMeanSquare rule, double* before, double* after) : ITeamJob
{
    public int Tasks => rows.Tasks;

    public void Run(int task, int worker)
    {
        (int start, int end) = rows.Of(task);
        (before[task], after[task]) = (0, 0);
        for (int row = start; row < end; row++)
        {
            float* x = result.Data + (row * result.RowStride);
            double squares = SquareSum.OfChunk(x, result.Columns);
            float factor = rule.Update(meanSquares + row, squares / result.Columns);
            Elementwise.Map(null, x, x, result.Columns, new ScaleOperator(factor));
            before[task] += squares;
            after[task] += squares * factor * factor;
        }
    }
}
