using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>What brings a matrix of weights to the Frobenius norm sqrt(fan-out), as airbench94 does before each step.</summary>
/// <remarks>Rows are summed one by one, so a matrix inside a fused tensor gives the bits of the same matrix stored alone.</remarks>
internal static unsafe class WeightNorm
{
    /// <summary>sqrt(fan-out) / ||W||_F, and 1 for a matrix of zeros, which has no direction.</summary>
    public static double Factor(WorkerTeam? team, in MatrixSlice slice, float* weights)
    {
        var rows = new MatrixRows(slice);
        double* partials = stackalloc double[MatrixRows.MaximumTasks];
        var job = new Job(rows, weights + slice.Offset, slice.Columns, slice.RowStride, partials);
        TeamRunner.Run(team, rows.Tasks, ref job);
        double squares = 0;
        for (int task = 0; task < rows.Tasks; task++)
        {
            squares += partials[task];
        }

        return squares > 0 ? Math.Sqrt(slice.FanOut / squares) : 1;
    }

    private readonly struct Job(MatrixRows rows, float* weights, int columns, int stride, double* partials) : ITeamJob
    {
        public void Run(int task, int worker)
        {
            (int start, int end) = rows.Of(task);
            double sum = 0;
            for (int row = start; row < end; row++)
            {
                sum += SquareSum.OfChunk(weights + ((long)row * stride), columns);
            }

            partials[task] = sum;
        }
    }
}
