using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Sums over the rows of sixteen columns: lanes over runs of rows, doubles between runs.</summary>
internal static unsafe class ColumnRuns
{
    /// <summary>Rows that are added in float32 before double precision takes over.</summary>
    public const int Rows = 64;

    /// <summary>total += the lanes.</summary>
    public static void AddTo<L, V>(double* total, V sum)
        where L : struct, ILanes<V>
        where V : struct
    {
        float* lanes = stackalloc float[LaneDispatch.Count];
        L.Store(lanes, sum);
        for (int i = 0; i < LaneDispatch.Count; i++)
        {
            total[i] += lanes[i];
        }
    }
}

/// <summary>Statistics and output of sixteen columns a task.</summary>
internal unsafe struct BatchNormForward : ITaskKernel
{
    public float* X;
    public float* Y;
    public int Rows;
    public int Columns;
    public float* Gain;
    public float* Bias;
    public float* Mean;
    public float* Scale;
    public float* RunningMean;
    public float* RunningVariance;
    public float Epsilon;
    public double Momentum;
    public bool Training;
    public bool Updates;

    public readonly void Run<L, V>(int task, int worker)
        where L : struct, ILanes<V>
        where V : struct
    {
        int column = task * LaneDispatch.Count;
        if (Columns - column >= LaneDispatch.Count)
        {
            Block<L, V, FullVector>(column);
        }
        else
        {
            Block<L, V, RowEnd>(column);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly void Block<L, V, TExtent>(int column)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent
    {
        int left = Math.Min(LaneDispatch.Count, Columns - column);
        if (Training)
        {
            Statistics<L, V, TExtent>(column, left);
        }
        else
        {
            for (int i = 0; i < left; i++)
            {
                Mean[column + i] = RunningMean[column + i];
                Scale[column + i] = (float)(1 / Math.Sqrt((double)RunningVariance[column + i] + Epsilon));
            }
        }

        V mean = TExtent.Load<L, V>(Mean + column, left);
        V scale = TExtent.Load<L, V>(Scale + column, left);
        V gain = TExtent.Load<L, V>(Gain + column, left);
        V bias = TExtent.Load<L, V>(Bias + column, left);
        for (int row = 0; row < Rows; row++)
        {
            nint place = ((nint)row * Columns) + column;
            V normal = L.Multiply(L.Subtract(TExtent.Load<L, V>(X + place, left), mean), scale);
            TExtent.Store<L, V>(Y + place, L.MultiplyAdd(gain, normal, bias), left);
        }
    }

    private readonly void Statistics<L, V, TExtent>(int column, int left)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent
    {
        double* total = stackalloc double[LaneDispatch.Count];
        new Span<double>(total, LaneDispatch.Count).Clear();
        for (int first = 0; first < Rows; first += ColumnRuns.Rows)
        {
            V sum = L.Broadcast(0);
            for (int row = first; row < Math.Min(Rows, first + ColumnRuns.Rows); row++)
            {
                sum = L.Add(sum, TExtent.Load<L, V>(X + ((nint)row * Columns) + column, left));
            }

            ColumnRuns.AddTo<L, V>(total, sum);
        }

        for (int i = 0; i < left; i++)
        {
            Mean[column + i] = (float)(total[i] / Rows);
        }

        V mean = TExtent.Load<L, V>(Mean + column, left);
        new Span<double>(total, LaneDispatch.Count).Clear();
        for (int first = 0; first < Rows; first += ColumnRuns.Rows)
        {
            V sum = L.Broadcast(0);
            for (int row = first; row < Math.Min(Rows, first + ColumnRuns.Rows); row++)
            {
                V distance = L.Subtract(TExtent.Load<L, V>(X + ((nint)row * Columns) + column, left), mean);
                sum = L.MultiplyAdd(distance, distance, sum);
            }

            ColumnRuns.AddTo<L, V>(total, sum);
        }

        for (int i = 0; i < left; i++)
        {
            Finish(column + i, total[i]);
        }
    }

    /// <summary>The column's factor, and its running statistics; a batch that is not finite leaves those as they are.</summary>
    private readonly void Finish(int column, double squares)
    {
        Scale[column] = (float)(1 / Math.Sqrt((squares / Rows) + Epsilon));
        if (Updates && double.IsFinite(squares) && float.IsFinite(Mean[column]))
        {
            RunningMean[column] = (float)(((1 - Momentum) * RunningMean[column]) + (Momentum * Mean[column]));
            RunningVariance[column] = (float)(((1 - Momentum) * RunningVariance[column]) + (Momentum * squares / (Rows - 1)));
        }
    }
}

/// <summary>Gradients of sixteen columns a task.</summary>
internal unsafe struct BatchNormBackward : ITaskKernel
{
    public float* X;
    public float* OutputGradient;
    public int Rows;
    public int Columns;
    public float* Gain;
    public float* Mean;
    public float* Scale;
    public float* XGradient;
    public bool AddX;
    public float* GainGradient;
    public bool AddGain;
    public float* BiasGradient;
    public bool AddBias;

    public readonly void Run<L, V>(int task, int worker)
        where L : struct, ILanes<V>
        where V : struct
    {
        int column = task * LaneDispatch.Count;
        if (Columns - column >= LaneDispatch.Count)
        {
            Block<L, V, FullVector>(column);
        }
        else
        {
            Block<L, V, RowEnd>(column);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly void Block<L, V, TExtent>(int column)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent
    {
        int left = Math.Min(LaneDispatch.Count, Columns - column);
        V mean = TExtent.Load<L, V>(Mean + column, left);
        V scale = TExtent.Load<L, V>(Scale + column, left);
        double* sums = stackalloc double[2 * LaneDispatch.Count];
        new Span<double>(sums, 2 * LaneDispatch.Count).Clear();
        for (int first = 0; first < Rows; first += ColumnRuns.Rows)
        {
            V plain = L.Broadcast(0);
            V weighted = L.Broadcast(0);
            for (int row = first; row < Math.Min(Rows, first + ColumnRuns.Rows); row++)
            {
                nint place = ((nint)row * Columns) + column;
                V gradient = TExtent.Load<L, V>(OutputGradient + place, left);
                V normal = L.Multiply(L.Subtract(TExtent.Load<L, V>(X + place, left), mean), scale);
                plain = L.Add(plain, gradient);
                weighted = L.MultiplyAdd(gradient, normal, weighted);
            }

            ColumnRuns.AddTo<L, V>(sums, plain);
            ColumnRuns.AddTo<L, V>(sums + LaneDispatch.Count, weighted);
        }

        WriteSums(BiasGradient, AddBias, sums, column, left);
        WriteSums(GainGradient, AddGain, sums + LaneDispatch.Count, column, left);
        if (XGradient is null)
        {
            return;
        }

        float* means = stackalloc float[2 * LaneDispatch.Count];
        for (int i = 0; i < 2 * LaneDispatch.Count; i++)
        {
            means[i] = (float)(sums[i] / Rows);
        }

        V meanGradient = L.Load(means);
        V meanWeighted = L.Load(means + LaneDispatch.Count);
        V factor = L.Multiply(TExtent.Load<L, V>(Gain + column, left), scale);
        for (int row = 0; row < Rows; row++)
        {
            nint place = ((nint)row * Columns) + column;
            V normal = L.Multiply(L.Subtract(TExtent.Load<L, V>(X + place, left), mean), scale);
            V rest = L.Subtract(L.Subtract(TExtent.Load<L, V>(OutputGradient + place, left), meanGradient), L.Multiply(normal, meanWeighted));
            VectorExtents.StoreOrAdd<L, V, TExtent>(XGradient + place, L.Multiply(factor, rest), left, AddX);
        }
    }

    private static void WriteSums(float* to, bool add, double* sums, int column, int left)
    {
        for (int i = 0; to is not null && i < left; i++)
        {
            to[column + i] = add ? to[column + i] + (float)sums[i] : (float)sums[i];
        }
    }
}
