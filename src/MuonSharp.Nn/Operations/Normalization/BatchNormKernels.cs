using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Mean of each run of rows, and the squares of the distances from it.</summary>
internal readonly unsafe struct BatchNormRunSums(RowRuns sums, float* x) : ITaskKernel
{
    public void Run<L, V>(int task, int worker)
        where L : struct, ILanes<V>
        where V : struct
    {
        (int first, int end) = sums.Of(task);
        for (int run = first; run < end; run++)
        {
            new Span<float>(sums.At(run), 2 * sums.Columns).Clear();
            RowBlocks.Walk<L, V, Plain>(sums, run, new(sums, x));
            (int firstRow, int endRow) = sums.RowsOf(run);
            float* mean = sums.At(run);
            for (int column = 0; column < sums.Columns; column++)
            {
                mean[column] /= endRow - firstRow;
            }

            RowBlocks.Walk<L, V, Squares>(sums, run, new(sums, x));
        }
    }

    private readonly struct Plain(RowRuns sums, float* x) : IRowBlock
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Run<L, V, TExtent>(int run, int row, int end, int column, int left)
            where L : struct, ILanes<V>
            where V : struct
            where TExtent : struct, IVectorExtent
        {
            V sum = TExtent.Load<L, V>(sums.At(run) + column, left);
            for (; row < end; row++)
            {
                sum = L.Add(sum, TExtent.Load<L, V>(x + ((nint)row * sums.Columns) + column, left));
            }

            TExtent.Store<L, V>(sums.At(run) + column, sum, left);
        }
    }

    private readonly struct Squares(RowRuns sums, float* x) : IRowBlock
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Run<L, V, TExtent>(int run, int row, int end, int column, int left)
            where L : struct, ILanes<V>
            where V : struct
            where TExtent : struct, IVectorExtent
        {
            V sum = TExtent.Load<L, V>(sums.At(run, 1) + column, left), mean = TExtent.Load<L, V>(sums.At(run) + column, left);
            for (; row < end; row++)
            {
                V distance = L.Subtract(TExtent.Load<L, V>(x + ((nint)row * sums.Columns) + column, left), mean);
                sum = L.MultiplyAdd(distance, distance, sum);
            }

            TExtent.Store<L, V>(sums.At(run, 1) + column, sum, left);
        }
    }
}

/// <summary>Mean and factor of sixteen columns a task, of the sums of all runs, and the running statistics.</summary>
internal unsafe struct BatchNormStatistics : ITaskKernel
{
    public RowRuns Sums;
    public float* Mean;
    public float* Scale;
    public float* RunningMean;
    public float* RunningVariance;
    public float Epsilon;
    public double Momentum;
    public bool Updates;

    /// <summary>Where the batch's statistics go instead of into the running ones: squares, then means. Null where they move those.</summary>
    public double* Held;

    public readonly void Run<L, V>(int task, int worker)
        where L : struct, ILanes<V>
        where V : struct
    {
        int column = task * LaneDispatch.Count, left = Math.Min(LaneDispatch.Count, Sums.Columns - column);
        double* total = stackalloc double[2 * LaneDispatch.Count], squares = total + LaneDispatch.Count;
        new Span<double>(total, LaneDispatch.Count).Clear();
        for (int run = 0; run < Sums.Runs; run++)
        {
            (int first, int end) = Sums.RowsOf(run);
            float* mean = Sums.At(run) + column;
            for (int i = 0; i < left; i++)
            {
                total[i] += (double)(end - first) * mean[i];
            }
        }

        Sums.Add(squares, column, 1);
        for (int run = 0; run < Sums.Runs; run++)
        {
            (int first, int end) = Sums.RowsOf(run);
            float* mean = Sums.At(run) + column;
            for (int i = 0; i < left; i++)
            {
                double distance = mean[i] - (total[i] / Sums.AllRows);
                squares[i] += (end - first) * distance * distance;
            }
        }

        for (int i = 0; i < left; i++)
        {
            Finish(column + i, total[i], squares[i]);
        }
    }

    /// <summary>The running statistics in the place of the batch's.</summary>
    public readonly void TakeRunning()
    {
        for (int column = 0; column < Sums.Columns; column++)
        {
            Mean[column] = RunningMean[column];
            Scale[column] = (float)(1 / Math.Sqrt((double)RunningVariance[column] + Epsilon));
        }
    }

    /// <summary>The column's mean and factor, and its running statistics.</summary>
    private readonly void Finish(int column, double total, double squares)
    {
        int rows = Sums.AllRows;
        Mean[column] = (float)(total / rows);
        Scale[column] = (float)(1 / Math.Sqrt((squares / rows) + Epsilon));
        if (Held is not null)
        {
            (Held[column], Held[Sums.Columns + column]) = (squares, Mean[column]);
        }
        else if (Updates)
        {
            BatchMoments.Move(ref RunningMean[column], ref RunningVariance[column], Momentum, Mean[column], squares, rows);
        }
    }
}

/// <summary>y of each element.</summary>
internal readonly unsafe struct BatchNormOutput(RowRuns rows, float* x, float* y, float* gain, float* bias, float* mean, float* scale) : ITaskKernel, IRowBlock
{
    public void Run<L, V>(int task, int worker)
        where L : struct, ILanes<V>
        where V : struct => RowBlocks.WalkTask<L, V, BatchNormOutput>(rows, task, this);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Run<L, V, TExtent>(int run, int row, int end, int column, int left)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent
    {
        V center = TExtent.Load<L, V>(mean + column, left), factor = TExtent.Load<L, V>(scale + column, left);
        V stretch = TExtent.Load<L, V>(gain + column, left), shift = TExtent.Load<L, V>(bias + column, left);
        for (; row < end; row++)
        {
            nint place = ((nint)row * rows.Columns) + column;
            V normal = L.Multiply(L.Subtract(TExtent.Load<L, V>(x + place, left), center), factor);
            TExtent.Store<L, V>(y + place, L.MultiplyAdd(stretch, normal, shift), left);
        }
    }
}
