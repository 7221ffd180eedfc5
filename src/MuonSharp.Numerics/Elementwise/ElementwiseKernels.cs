using System.Runtime.CompilerServices;

namespace MuonSharp.Numerics;

/// <summary>y = [y +] f(x): a task is one chunk.</summary>
internal readonly unsafe struct UnaryKernel<TOperator>(float* x, float* y, long count, bool add, TOperator operation) : ITaskKernel
    where TOperator : struct, IUnaryOperator
{
    public void Run<L, V>(int task, int worker)
        where L : struct, ILanes<V>
        where V : struct
    {
        TOperator f = operation;
        long i = task * (long)Elementwise.Chunk;
        long end = Math.Min(count, i + Elementwise.Chunk);
        for (; i <= end - LaneDispatch.Count; i += LaneDispatch.Count)
        {
            VectorExtents.StoreOrAdd<L, V, FullVector>(y + i, f.Invoke<L, V>(L.Load(x + i)), LaneDispatch.Count, add);
        }

        if (i < end)
        {
            Rest<L, V>(i, (int)(end - i));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Rest<L, V>(long i, int left)
        where L : struct, ILanes<V>
        where V : struct =>
        VectorExtents.StoreOrAdd<L, V, RowEnd>(y + i, operation.Invoke<L, V>(RowEnd.Load<L, V>(x + i, left)), left, add);
}

/// <summary>y = [y +] f(a, b): a task is one chunk.</summary>
internal readonly unsafe struct BinaryKernel<TOperator>(float* a, float* b, float* y, long count, bool add, TOperator operation) : ITaskKernel
    where TOperator : struct, IBinaryOperator
{
    public void Run<L, V>(int task, int worker)
        where L : struct, ILanes<V>
        where V : struct
    {
        TOperator f = operation;
        long i = task * (long)Elementwise.Chunk;
        long end = Math.Min(count, i + Elementwise.Chunk);
        for (; i <= end - LaneDispatch.Count; i += LaneDispatch.Count)
        {
            VectorExtents.StoreOrAdd<L, V, FullVector>(y + i, f.Invoke<L, V>(L.Load(a + i), L.Load(b + i)), LaneDispatch.Count, add);
        }

        if (i < end)
        {
            Rest<L, V>(i, (int)(end - i));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Rest<L, V>(long i, int left)
        where L : struct, ILanes<V>
        where V : struct =>
        VectorExtents.StoreOrAdd<L, V, RowEnd>(
            y + i, operation.Invoke<L, V>(RowEnd.Load<L, V>(a + i, left), RowEnd.Load<L, V>(b + i, left)), left, add);
}
