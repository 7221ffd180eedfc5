namespace MuonSharp.Numerics;

/// <summary>U = Lᵀ row by row, then D = L^-1 row by row, sixteen columns at a time.</summary>
/// <remarks>
/// <code>
/// U[k,:] = (A[k,:] - sum over p below k of U[p,k] U[p,:]) r_k,   r_k = 1 / sqrt(the pivot)
/// D[i,:] = (e_i    - sum over p below i of U[p,i] D[p,:]) r_i
/// </code>
/// A chain of multiply-adds in ascending p for each element; what lies left of U's diagonal is never read.
/// </remarks>
internal readonly unsafe struct DiagonalBlockKernel(float* u, float* d, float* reciprocals, int block, int* failed) : ILaneKernel
{
    public void Run<L, V>()
        where L : struct, ILanes<V>
        where V : struct
    {
        for (var k = 0; k < block; k++)
        {
            for (var column = k / LaneDispatch.Count * LaneDispatch.Count; column < block; column += LaneDispatch.Count)
            {
                L.Store(u + (k * block) + column, Chain<L, V>(L.Load(u + (k * block) + column), u + column, 0, k));
            }

            var pivot = u[k * (block + 1)];
            if (!(pivot > 0))
            {
                *failed = k;
                return;
            }

            reciprocals[k] = 1 / MathF.Sqrt(pivot);
            Scale<L, V>(u + (k * block), k / LaneDispatch.Count * LaneDispatch.Count, block, reciprocals[k]);
        }

        for (var i = 0; i < block; i++)
        {
            var row = d + (i * block);
            new Span<float>(row, block).Clear();
            row[i] = 1;
            for (var column = 0; column <= i; column += LaneDispatch.Count)
            {
                L.Store(row + column, Chain<L, V>(L.Load(row + column), d + column, column, i));
            }

            Scale<L, V>(row, 0, i + 1, reciprocals[i]);
        }
    }

    /// <summary>sum - U[first..end, end]ᵀ rows[first..end]: the rows above <paramref name="end"/> at one place of sixteen columns.</summary>
    private V Chain<L, V>(V sum, float* rows, int first, int end)
        where L : struct, ILanes<V>
        where V : struct
    {
        for (var p = first; p < end; p++)
        {
            sum = L.MultiplyAdd(L.Broadcast(-u[(p * block) + end]), L.Load(rows + (p * block)), sum);
        }

        return sum;
    }

    private static void Scale<L, V>(float* row, int start, int end, float factor)
        where L : struct, ILanes<V>
        where V : struct
    {
        for (var column = start; column < end; column += LaneDispatch.Count)
        {
            L.Store(row + column, L.Multiply(L.Load(row + column), L.Broadcast(factor)));
        }
    }
}
