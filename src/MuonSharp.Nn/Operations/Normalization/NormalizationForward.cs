using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Normalizes rows. A task is a chunk of rows.</summary>
internal unsafe struct NormalizationForward : ITaskKernel
{
    public float* X;
    public float* Gain;
    public float* Bias;
    public float* Y;
    public float* Mean;
    public float* Scale;
    public int Rows;
    public int Columns;
    public float Epsilon;
    public bool Centered;

    public readonly void Run<L, V>(int task, int worker)
        where L : struct, ILanes<V>
        where V : struct
    {
        int rows = TaskSize.RowsPerTask(Columns);
        int end = Math.Min(Rows, (task + 1) * rows);
        for (int row = task * rows; row < end; row++)
        {
            float* x = X + ((nint)row * Columns);
            float mean = Centered ? Average<L, V>(x) : 0;
            float scale = 1 / MathF.Sqrt(Spread<L, V>(x, mean) + Epsilon);
            Mean[row] = mean;
            Scale[row] = scale;
            Write<L, V>(x, Y + ((nint)row * Columns), L.Broadcast(mean), L.Broadcast(scale));
        }
    }

    private readonly float Average<L, V>(float* x)
        where L : struct, ILanes<V>
        where V : struct
    {
        V sum = L.Broadcast(0);
        int i = 0;
        for (; i <= Columns - LaneDispatch.Count; i += LaneDispatch.Count)
        {
            sum = L.Add(sum, L.Load(x + i));
        }

        return (i < Columns ? LastOfSum<L, V>(sum, x + i, Columns - i) : L.Sum(sum)) / Columns;
    }

    private readonly float Spread<L, V>(float* x, float mean)
        where L : struct, ILanes<V>
        where V : struct
    {
        V center = L.Broadcast(mean);
        V sum = L.Broadcast(0);
        int i = 0;
        for (; i <= Columns - LaneDispatch.Count; i += LaneDispatch.Count)
        {
            V difference = L.Subtract(L.Load(x + i), center);
            sum = L.MultiplyAdd(difference, difference, sum);
        }

        return (i < Columns ? LastOfSquares<L, V>(sum, x + i, Columns - i, mean) : L.Sum(sum)) / Columns;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float LastOfSum<L, V>(V sum, float* x, int left)
        where L : struct, ILanes<V>
        where V : struct => L.Sum(L.Add(sum, RowEnd.Load<L, V>(x, left)));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float LastOfSquares<L, V>(V sum, float* x, int left, float mean)
        where L : struct, ILanes<V>
        where V : struct
    {
        V difference = L.Subtract(RowEnd.Load<L, V>(x, left, mean), L.Broadcast(mean));
        return L.Sum(L.MultiplyAdd(difference, difference, sum));
    }

    private readonly void Write<L, V>(float* x, float* y, V mean, V scale)
        where L : struct, ILanes<V>
        where V : struct
    {
        int i = 0;
        for (; i <= Columns - LaneDispatch.Count; i += LaneDispatch.Count)
        {
            Write<L, V, FullVector>(x, y, mean, scale, i);
        }

        if (i < Columns)
        {
            LastOfRow<L, V>(x, y, mean, scale, i);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly void LastOfRow<L, V>(float* x, float* y, V mean, V scale, int i)
        where L : struct, ILanes<V>
        where V : struct => Write<L, V, RowEnd>(x, y, mean, scale, i);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Write<L, V, TExtent>(float* x, float* y, V mean, V scale, int i)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent
    {
        int left = Columns - i;
        V value = L.Multiply(L.Subtract(TExtent.Load<L, V>(x + i, left), mean), scale);
        V gain = TExtent.Load<L, V>(Gain + i, left);
        value = Bias is null ? L.Multiply(value, gain) : L.MultiplyAdd(value, gain, TExtent.Load<L, V>(Bias + i, left));
        TExtent.Store<L, V>(y + i, value, left);
    }
}
