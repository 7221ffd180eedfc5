using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>p &lt;- p - (rate·X + decay·p): the weight is rounded once, so a decay far below float32's last place of 1 is not lost.</summary>
internal static unsafe class ApplyStage
{
    /// <summary>Updates one matrix of the weights in place.</summary>
    /// <param name="team">Workers; null: the calling thread.</param>
    /// <param name="slice">Where the matrix lies in its tensor.</param>
    /// <param name="weights">The tensor.</param>
    /// <param name="result">The orthogonal matrix, without gaps.</param>
    /// <param name="rate">Learning rate times the factor by shape.</param>
    /// <param name="decay">Learning rate times weight decay.</param>
    /// <returns>The sum of the squared changes.</returns>
    public static double Run(WorkerTeam? team, in MatrixSlice slice, float* weights, Matrix result, double rate, double decay)
    {
        var rows = new MatrixRows(slice);
        double* partials = stackalloc double[MatrixRows.MaximumTasks];
        var job = new Job
        {
            Rows = rows,
            Weights = weights + slice.Offset,
            Result = result.Data,
            Columns = slice.Columns,
            Stride = slice.RowStride,
            Rate = (float)rate,
            Decay = (float)decay,
            Partials = partials,
        };
        team.RunLanes(rows.Tasks, job);
        double sum = 0;
        for (int task = 0; task < rows.Tasks; task++)
        {
            sum += partials[task];
        }

        return sum;
    }

    private struct Job : ITaskKernel
    {
        public MatrixRows Rows;
        public float* Weights;
        public float* Result;
        public int Columns;
        public int Stride;
        public float Rate;
        public float Decay;
        public double* Partials;

        public readonly void Run<L, V>(int task, int worker)
            where L : struct, ILanes<V>
            where V : struct
        {
            (int start, int end) = Rows.Of(task);
            V rate = L.Broadcast(Rate);
            V decay = L.Broadcast(Decay);
            double total = 0;
            for (int row = start; row < end; row++)
            {
                float* p = Weights + ((long)row * Stride);
                float* x = Result + ((long)row * Columns);
                V sum = L.Broadcast(0);
                int i = 0;
                for (; i <= Columns - LaneDispatch.Count; i += LaneDispatch.Count)
                {
                    V weight = L.Load(p + i);
                    V change = L.MultiplyAdd(decay, weight, L.Multiply(rate, L.Load(x + i)));
                    sum = L.MultiplyAdd(change, change, sum);
                    L.Store(p + i, L.Subtract(weight, change));
                }

                if (i < Columns)
                {
                    int left = Columns - i;
                    V weight = L.LoadPart(p + i, left);
                    V change = L.MultiplyAdd(decay, weight, L.Multiply(rate, L.LoadPart(x + i, left)));
                    sum = L.MultiplyAdd(change, change, sum);
                    L.StorePart(p + i, L.Subtract(weight, change), left);
                }

                total += L.Sum(sum);
            }

            Partials[task] = total;
        }
    }
}

/// <summary>What wd p in the gradient adds to momentum and direction: m &lt;- m + gain·wd·p and u &lt;- u + (fromMomentum·gain + fromGradient)·wd·p.</summary>
/// <remarks>Both are linear in the gradient, so the share of the decay is added after <see cref="MomentumStage"/>, which knows nothing of it.</remarks>
internal static unsafe class CoupledDecayStage
{
    /// <summary>Updates one matrix of the momentum and its direction.</summary>
    public static void Run(
        WorkerTeam? team, in MatrixSlice slice, float* weights, double weightDecay, in MomentumCoefficients coefficients, float* momentum, Matrix direction)
    {
        double look = (coefficients.FromMomentum * coefficients.Gain) + coefficients.FromGradient;
        var rows = new MatrixRows(slice);
        var job = new Job(
            rows, slice, weights + slice.Offset, momentum + slice.Offset, direction.Data, (float)(coefficients.Gain * weightDecay), (float)(look * weightDecay));
        TeamRunner.Run(team, rows.Tasks, ref job);
    }

    private readonly struct Job(MatrixRows rows, MatrixSlice slice, float* weights, float* momentum, float* direction, float gain, float look) : ITeamJob
    {
        public void Run(int task, int worker)
        {
            (int start, int end) = rows.Of(task);
            for (int row = start; row < end; row++)
            {
                float* p = weights + ((long)row * slice.RowStride);
                float* m = momentum + ((long)row * slice.RowStride);
                float* u = direction + ((long)row * slice.Columns);
                for (int i = 0; i < slice.Columns; i++)
                {
                    m[i] += gain * p[i];
                    u[i] += look * p[i];
                }
            }
        }
    }
}

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
                sum += Reductions.SumOfSquares(weights + ((long)row * stride), columns);
            }

            partials[task] = sum;
        }
    }
}
