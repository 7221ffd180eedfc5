using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>The stage of <see cref="RowNormalization"/>: rows divided in place, the factor that restores the norm returned.</summary>
/// <remarks>An output is a stored row or, in a matrix stored [in, out], a stored column. The factor goes into the learning rate, so the
/// matrix is read and written once. Sums are of a row in a fixed order, then in double over rows and tasks.</remarks>
internal static unsafe class RowNormalizationStage
{
    /// <summary>Normalizes one matrix.</summary>
    /// <param name="team">Workers; null: the calling thread.</param>
    /// <param name="slice">Where the matrix lies in its tensor: says what its outputs are.</param>
    /// <param name="result">The orthogonal matrix, without gaps; changed.</param>
    /// <param name="meanSquares">The state, one value an output of this matrix.</param>
    /// <param name="options">Decay and epsilon.</param>
    /// <returns>||X|| before / (||X|| after + eps).</returns>
    public static double Run(WorkerTeam? team, in MatrixSlice slice, Matrix result, float* meanSquares, RowNormalization options)
    {
        double* before = stackalloc double[MatrixRows.MaximumTasks];
        double* after = stackalloc double[MatrixRows.MaximumTasks];
        var rule = new RowMeanSquare(options);
        int tasks;
        if (slice.Orientation == MatrixOrientation.OutIn)
        {
            var job = new OutputRowsJob(new MatrixRows(slice), result, meanSquares, rule, before, after);
            tasks = job.Tasks;
            TeamRunner.Run(team, tasks, ref job);
        }
        else
        {
            var job = new OutputColumnsJob(result, meanSquares, rule, before, after);
            tasks = job.Tasks;
            TeamRunner.Run(team, tasks, ref job);
        }

        double squaresBefore = 0, squaresAfter = 0;
        for (int task = 0; task < tasks; task++)
        {
            squaresBefore += before[task];
            squaresAfter += after[task];
        }

        return Math.Sqrt(squaresBefore) / (Math.Sqrt(squaresAfter) + options.Epsilon);
    }
}
