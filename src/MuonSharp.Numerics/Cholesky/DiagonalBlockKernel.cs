namespace MuonSharp.Numerics;

/// <summary>U = Lᵀ and D = L^-1 of one block of 32 rows, together, row by row: the part of the inverse that is no matrix product.</summary>
/// <remarks>
/// <code>
/// U[k,:] = (A[k,:] - sum over p below k of U[p,k] U[p,:]) r_k,   r_k = 1 / sqrt(the pivot)
/// D[k,:] = (e_k    - sum over p below k of U[p,k] D[p,:]) r_k
/// </code>
/// <para>Row k is finished, then subtracted from all rows below: a chain of multiply-adds in ascending p for each element, while the next pivot's
/// root is the only thing that waits. What lies left of U's diagonal is never read. Layout: both blocks row-major, rows of 32.</para>
/// </remarks>
/// <param name="u">In: the block's upper triangle. Out: U.</param>
/// <param name="d">Out: D, zeros above the diagonal.</param>
/// <param name="failed">Out: the first row whose pivot is not above zero; not written if there is none.</param>
internal readonly unsafe struct DiagonalBlockKernel(float* u, float* d, int* failed) : ILaneKernel
{
    private const int Block = PanelMatrix.Width;
    private const int Half = LaneDispatch.Count;

    public void Run<L, V>()
        where L : struct, ILanes<V>
        where V : struct
    {
        new Span<float>(d, Block * Block).Clear();
        for (int k = 0; k < Block; k++)
        {
            d[k * (Block + 1)] = 1;
        }

        for (int k = 0; k < Block; k++)
        {
            float pivot = u[k * (Block + 1)];
            if (!(pivot > 0))
            {
                *failed = k;
                return;
            }

            V reciprocal = L.Broadcast(1 / MathF.Sqrt(pivot));
            if (k < Half)
            {
                FirstHalf<L, V>(k, reciprocal);
            }
            else
            {
                SecondHalf<L, V>(k, reciprocal);
            }
        }
    }

    /// <summary>Row k is not zero left of the middle in U, and zero right of it in D.</summary>
    private void FirstHalf<L, V>(int k, V reciprocal)
        where L : struct, ILanes<V>
        where V : struct
    {
        float* row = u + (k * Block);
        V left = L.Multiply(L.Load(row), reciprocal);
        V right = L.Multiply(L.Load(row + Half), reciprocal);
        V inverse = L.Multiply(L.Load(d + (k * Block)), reciprocal);
        L.Store(row, left);
        L.Store(row + Half, right);
        L.Store(d + (k * Block), inverse);
        for (int i = k + 1; i < Half; i++)
        {
            V factor = L.Broadcast(-row[i]);
            Add<L, V>(u + (i * Block), factor, left);
            Add<L, V>(u + (i * Block) + Half, factor, right);
            Add<L, V>(d + (i * Block), factor, inverse);
        }

        for (int i = Half; i < Block; i++)
        {
            V factor = L.Broadcast(-row[i]);
            Add<L, V>(u + (i * Block) + Half, factor, right);
            Add<L, V>(d + (i * Block), factor, inverse);
        }
    }

    /// <summary>Row k is zero left of the middle in U, and full in D.</summary>
    private void SecondHalf<L, V>(int k, V reciprocal)
        where L : struct, ILanes<V>
        where V : struct
    {
        float* row = u + (k * Block);
        float* inverseRow = d + (k * Block);
        V right = L.Multiply(L.Load(row + Half), reciprocal);
        V inverseLeft = L.Multiply(L.Load(inverseRow), reciprocal);
        V inverseRight = L.Multiply(L.Load(inverseRow + Half), reciprocal);
        L.Store(row + Half, right);
        L.Store(inverseRow, inverseLeft);
        L.Store(inverseRow + Half, inverseRight);
        for (int i = k + 1; i < Block; i++)
        {
            V factor = L.Broadcast(-row[i]);
            Add<L, V>(u + (i * Block) + Half, factor, right);
            Add<L, V>(d + (i * Block), factor, inverseLeft);
            Add<L, V>(d + (i * Block) + Half, factor, inverseRight);
        }
    }

    private static void Add<L, V>(float* place, V factor, V row)
        where L : struct, ILanes<V>
        where V : struct => L.Store(place, L.MultiplyAdd(factor, row, L.Load(place)));
}
