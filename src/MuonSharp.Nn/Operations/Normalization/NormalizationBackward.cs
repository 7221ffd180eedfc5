using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Gradients through a normalization: of the rows, and the chunk's share of those of gain and bias. A task is a chunk of rows.</summary>
internal unsafe struct NormalizationBackward : ITaskKernel
{
    public float* X;
    public float* Gain;
    public float* Dy;
    public float* Dx;
    public bool AddDx;
    public float* GainPartial;
    public float* BiasPartial;
    public float* Mean;
    public float* Scale;
    public int Rows;
    public int Columns;
    public bool Centered;

    public readonly void Run<L, V>(int task, int worker)
        where L : struct, ILanes<V>
        where V : struct
    {
        NormalizationBackward chunk = this;
        chunk.GainPartial = GainPartial is null ? null : GainPartial + ((nint)task * Columns);
        chunk.BiasPartial = BiasPartial is null ? null : BiasPartial + ((nint)task * Columns);
        chunk.Chunk<L, V>(task);
    }

    private readonly void Chunk<L, V>(int task)
        where L : struct, ILanes<V>
        where V : struct
    {
        int rows = TaskSize.RowsPerTask(Columns);
        int first = task * rows;
        int end = Math.Min(Rows, first + rows);
        for (int row = first; row < end; row++)
        {
            nint at = (nint)row * Columns;
            (float average, float averageWithNormal) = Sums<L, V>(row, X + at, Dy + at, row > first);
            if (Dx is not null)
            {
                Write<L, V>(row, X + at, Dy + at, Dx + at, L.Broadcast(average), L.Broadcast(averageWithNormal));
            }
        }
    }

    /// <summary>One pass over a row: the means of g and of g h, and the row's share of the vectors' gradients.</summary>
    private readonly (float Average, float AverageWithNormal) Sums<L, V>(int row, float* x, float* dy, bool add)
        where L : struct, ILanes<V>
        where V : struct
    {
        (V mean, V scale) = (L.Broadcast(Mean[row]), L.Broadcast(Scale[row]));
        (V sum, V sumWithNormal) = (L.Broadcast(0), L.Broadcast(0));
        int i = 0;
        for (; i <= Columns - LaneDispatch.Count; i += LaneDispatch.Count)
        {
            (sum, sumWithNormal) = Sums<L, V, FullVector>(x, dy, i, add, mean, scale, sum, sumWithNormal);
        }

        if (i < Columns)
        {
            (sum, sumWithNormal) = LastOfSums<L, V>(x, dy, i, add, mean, scale, sum, sumWithNormal);
        }

        return (Centered ? L.Sum(sum) / Columns : 0, L.Sum(sumWithNormal) / Columns);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly (V Sum, V SumWithNormal) LastOfSums<L, V>(
        float* x, float* dy, int i, bool add, V mean, V scale, V sum, V sumWithNormal)
        where L : struct, ILanes<V>
        where V : struct => Sums<L, V, RowEnd>(x, dy, i, add, mean, scale, sum, sumWithNormal);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly (V Sum, V SumWithNormal) Sums<L, V, TExtent>(
        float* x, float* dy, int i, bool add, V mean, V scale, V sum, V sumWithNormal)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent
    {
        int left = Columns - i;
        V gradient = TExtent.Load<L, V>(dy + i, left);
        V normal = L.Multiply(L.Subtract(TExtent.Load<L, V>(x + i, left), mean), scale);
        V weighted = L.Multiply(gradient, TExtent.Load<L, V>(Gain + i, left));
        if (GainPartial is not null)
        {
            VectorExtents.StoreOrAdd<L, V, TExtent>(GainPartial + i, L.Multiply(gradient, normal), left, add);
        }

        if (BiasPartial is not null)
        {
            VectorExtents.StoreOrAdd<L, V, TExtent>(BiasPartial + i, gradient, left, add);
        }

        return (L.Add(sum, weighted), L.MultiplyAdd(weighted, normal, sumWithNormal));
    }

    private readonly void Write<L, V>(int row, float* x, float* dy, float* dx, V average, V averageWithNormal)
        where L : struct, ILanes<V>
        where V : struct
    {
        (V mean, V scale) = (L.Broadcast(Mean[row]), L.Broadcast(Scale[row]));
        int i = 0;
        for (; i <= Columns - LaneDispatch.Count; i += LaneDispatch.Count)
        {
            Write<L, V, FullVector>(x, dy, dx, i, mean, scale, average, averageWithNormal);
        }

        if (i < Columns)
        {
            LastOfRow<L, V>(x, dy, dx, i, mean, scale, average, averageWithNormal);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly void LastOfRow<L, V>(
        float* x, float* dy, float* dx, int i, V mean, V scale, V average, V averageWithNormal)
        where L : struct, ILanes<V>
        where V : struct => Write<L, V, RowEnd>(x, dy, dx, i, mean, scale, average, averageWithNormal);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Write<L, V, TExtent>(
        float* x, float* dy, float* dx, int i, V mean, V scale, V average, V averageWithNormal)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent
    {
        int left = Columns - i;
        V weighted = L.Multiply(TExtent.Load<L, V>(dy + i, left), TExtent.Load<L, V>(Gain + i, left));
        V normal = L.Multiply(L.Subtract(TExtent.Load<L, V>(x + i, left), mean), scale);
        V rest = L.Subtract(L.Subtract(weighted, average), L.Multiply(normal, averageWithNormal));
        VectorExtents.StoreOrAdd<L, V, TExtent>(dx + i, L.Multiply(rest, scale), left, AddDx);
    }
}
