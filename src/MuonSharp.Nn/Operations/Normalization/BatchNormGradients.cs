using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Σ dy and Σ dy h of each run of rows.</summary>
internal readonly unsafe struct BatchNormGradientSums(RowRuns sums, float* x, float* outputGradient, float* mean, float* scale) : ITaskKernel, IRowBlock
{
    public void Run<L, V>(int task, int worker)
        where L : struct, ILanes<V>
        where V : struct
    {
        (int first, int end) = sums.Of(task);
        for (int run = first; run < end; run++)
        {
            new Span<float>(sums.At(run), 2 * sums.Columns).Clear();
            RowBlocks.Walk<L, V, BatchNormGradientSums>(sums, run, this);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Run<L, V, TExtent>(int run, int row, int end, int column, int left)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent
    {
        V plain = TExtent.Load<L, V>(sums.At(run) + column, left), weighted = TExtent.Load<L, V>(sums.At(run, 1) + column, left);
        V center = TExtent.Load<L, V>(mean + column, left), factor = TExtent.Load<L, V>(scale + column, left);
        for (; row < end; row++)
        {
            nint place = ((nint)row * sums.Columns) + column;
            V gradient = TExtent.Load<L, V>(outputGradient + place, left);
            V normal = L.Multiply(L.Subtract(TExtent.Load<L, V>(x + place, left), center), factor);
            plain = L.Add(plain, gradient);
            weighted = L.MultiplyAdd(gradient, normal, weighted);
        }

        TExtent.Store<L, V>(sums.At(run) + column, plain, left);
        TExtent.Store<L, V>(sums.At(run, 1) + column, weighted, left);
    }
}

/// <summary>Gradients of gain and bias, and the two means that the input's gradient is made of, sixteen columns a task.</summary>
internal unsafe struct BatchNormParameterGradients : ITaskKernel
{
    public RowRuns Sums;
    public float* Means;
    public float* Gain;
    public bool AddGain;
    public float* Bias;
    public bool AddBias;

    public readonly void Run<L, V>(int task, int worker)
        where L : struct, ILanes<V>
        where V : struct
    {
        int column = task * LaneDispatch.Count;
        double* total = stackalloc double[LaneDispatch.Count];
        Sums.Add(total, column, 0);
        Write(Bias, AddBias, total, column, 0);
        Sums.Add(total, column, 1);
        Write(Gain, AddGain, total, column, 1);
    }

    private readonly void Write(float* to, bool add, double* total, int column, int which)
    {
        float* means = Means + ((nint)which * Sums.Columns);
        for (int i = 0; i < Math.Min(LaneDispatch.Count, Sums.Columns - column); i++)
        {
            means[column + i] = (float)(total[i] / Sums.AllRows);
            if (to is not null)
            {
                to[column + i] = add ? to[column + i] + (float)total[i] : (float)total[i];
            }
        }
    }
}

/// <summary>dx = gain r (dy - mean(dy) - h mean(dy h)).</summary>
internal unsafe struct BatchNormInputGradient : ITaskKernel, IRowBlock
{
    public RowRuns Sums;
    public float* X;
    public float* OutputGradient;
    public float* Gain;
    public float* Mean;
    public float* Scale;
    public float* Means;
    public float* Gradient;
    public bool Add;

    public readonly void Run<L, V>(int task, int worker)
        where L : struct, ILanes<V>
        where V : struct => RowBlocks.WalkTask<L, V, BatchNormInputGradient>(Sums, task, this);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Run<L, V, TExtent>(int run, int row, int end, int column, int left)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent
    {
        V center = TExtent.Load<L, V>(Mean + column, left), scale = TExtent.Load<L, V>(Scale + column, left);
        V meanGradient = TExtent.Load<L, V>(Means + column, left), meanWeighted = TExtent.Load<L, V>(Means + Sums.Columns + column, left);
        V factor = L.Multiply(TExtent.Load<L, V>(Gain + column, left), scale);
        for (; row < end; row++)
        {
            nint place = ((nint)row * Sums.Columns) + column;
            V normal = L.Multiply(L.Subtract(TExtent.Load<L, V>(X + place, left), center), scale);
            V rest = L.Subtract(L.Subtract(TExtent.Load<L, V>(OutputGradient + place, left), meanGradient), L.Multiply(normal, meanWeighted));
            VectorExtents.StoreOrAdd<L, V, TExtent>(Gradient + place, L.Multiply(factor, rest), left, Add);
        }
    }
}
