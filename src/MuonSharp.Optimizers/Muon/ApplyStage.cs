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
        TeamRunner.Run(team, rows.Tasks, ref job);
        double sum = 0;
        for (int task = 0; task < rows.Tasks; task++)
        {
            sum += partials[task];
        }

        return sum;
    }

    private struct Job : ITeamJob, ILaneKernel
    {
        public MatrixRows Rows;
        public float* Weights;
        public float* Result;
        public int Columns;
        public int Stride;
        public float Rate;
        public float Decay;
        public double* Partials;
        private int _task;

        public readonly void Run(int task, int worker)
        {
            Job own = this;
            own._task = task;
            LaneDispatch.Run(ref own);
        }

        public readonly void Run<L, V>()
            where L : struct, ILanes<V>
            where V : struct
        {
            (int start, int end) = Rows.Of(_task);
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
                    V weight = LaneDispatch.LoadPart<L, V>(p + i, left);
                    V change = L.MultiplyAdd(decay, weight, L.Multiply(rate, LaneDispatch.LoadPart<L, V>(x + i, left)));
                    sum = L.MultiplyAdd(change, change, sum);
                    LaneDispatch.StorePart<L, V>(p + i, L.Subtract(weight, change), left);
                }

                total += L.Sum(sum);
            }

            Partials[_task] = total;
        }
    }
}
