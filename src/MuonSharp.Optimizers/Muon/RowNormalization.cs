using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>Divides each output row of the orthogonalized matrix by a running root mean square of its own, and keeps the matrix's norm.</summary>
/// <remarks>
/// <code>
/// n = ||X||_F;  s_i = mean_j X_ij²;  v &lt;- v + (1 - beta2)(s - v)
/// X_ij &lt;- X_ij / (sqrt(v_i) + eps);  X &lt;- X n / (||X||_F + eps)
/// </code>
/// <para>v starts at 0 and is not bias-corrected. Memory: one float an output.</para>
/// <para>Source: NorMuon, arXiv 2510.05491; zichongli5/NorMuon.</para>
/// </remarks>
public sealed record RowNormalization
{
    /// <summary>Decay of the rows' mean squares, in [0, 1), default 0.95.</summary>
    public double Beta2 { get; init; } = 0.95;

    /// <summary>Added to both divisors, so that zero stays zero; at least 1e-30, default 1e-10.</summary>
    public double Epsilon { get; init; } = 1e-10;

    internal void Collect(OptionsProblems problems)
    {
        problems.Require(Beta2 is >= 0 and < 1, $"the row normalization's beta2 must be in [0, 1), not {Beta2}");
        problems.Require(Epsilon is >= 1e-30 and <= 1, $"the row normalization's epsilon must be in [1e-30, 1], not {Epsilon}");
    }
}

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
            team.RunLanes(tasks, job);
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

/// <summary>One output's running mean square and what its row is divided by.</summary>
internal readonly unsafe struct RowMeanSquare(RowNormalization options)
{
    /// <summary>A mean square below the smallest normal float32 is zero: it would shrink for ever and never arrive.</summary>
    private const double SmallestNormal = 1.1754943508222875e-38;

    private readonly double _beta2 = options.Beta2;
    private readonly double _epsilon = options.Epsilon;

    /// <summary>v &lt;- v + (1 - beta2)(s - v); returns 1 / (sqrt(v) + eps), rounded as the row is multiplied with it.</summary>
    public float Update(float* state, double meanSquare)
    {
        double updated = *state + ((1 - _beta2) * (meanSquare - *state));
        *state = updated < SmallestNormal ? 0 : (float)updated;
        return (float)(1 / (Math.Sqrt(*state) + _epsilon));
    }
}

/// <summary>Row normalization of a matrix stored [in, out]: an output is a column, sixteen of them side by side in the lanes.</summary>
/// <remarks>Squares are added in float32 over runs of 16 rows, in double above that.</remarks>
internal unsafe struct OutputColumnsJob(
    Matrix result, float* meanSquares, RowMeanSquare rule, double* before, double* after) : ITaskKernel
{
    private const int RunLength = 16;

    private readonly int _blocks = ((result.Columns - 1) / LaneDispatch.Count) + 1;

    public readonly int Tasks => ((_blocks - 1) / BlocksPerTask) + 1;

    private readonly int BlocksPerTask => ((_blocks - 1) / MatrixRows.MaximumTasks) + 1;

    public readonly void Run<L, V>(int task, int worker)
        where L : struct, ILanes<V>
        where V : struct
    {
        (before[task], after[task]) = (0, 0);
        int end = Math.Min(_blocks, (task + 1) * BlocksPerTask);
        float* lanes = stackalloc float[LaneDispatch.Count];
        double* sums = stackalloc double[LaneDispatch.Count];
        for (int block = task * BlocksPerTask; block < end; block++)
        {
            int column = block * LaneDispatch.Count;
            int width = Math.Min(LaneDispatch.Count, result.Columns - column);
            Squares<L, V>(column, width, lanes, sums);
            for (int i = 0; i < width; i++)
            {
                lanes[i] = rule.Update(meanSquares + column + i, sums[i] / result.Rows);
                before[task] += sums[i];
                after[task] += sums[i] * lanes[i] * lanes[i];
            }

            V factors = L.Load(lanes);
            for (int row = 0; row < result.Rows; row++)
            {
                float* x = result.Data + (row * result.RowStride) + column;
                L.StorePart(x, L.Multiply(L.LoadPart(x, width), factors), width);
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
                V x = L.LoadPart(result.Data + (row * result.RowStride) + column, width);
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
            double squares = Reductions.SumOfSquares(x, result.Columns);
            float factor = rule.Update(meanSquares + row, squares / result.Columns);
            Elementwise.Map(null, x, x, result.Columns, new ScaleOperator(factor));
            before[task] += squares;
            after[task] += squares * factor * factor;
        }
    }
}
