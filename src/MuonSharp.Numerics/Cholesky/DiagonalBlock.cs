namespace MuonSharp.Numerics;

/// <summary>The inverse Cholesky factor of one small block: the part of the inverse that is no matrix product.</summary>
internal static unsafe class DiagonalBlock
{
    /// <summary>D = L^-1 where A = L Lᵀ; lower triangular, zeros above the diagonal.</summary>
    /// <param name="a">At most <paramref name="block"/> rows; only the lower triangle is read.</param>
    /// <param name="block">A multiple of sixteen.</param>
    /// <param name="scratch">Two squares of the block's size and one row.</param>
    /// <returns>-1, or the row of the first pivot that is not above zero.</returns>
    public static int InvertFactor(Matrix a, int block, float* scratch)
    {
        // Transposed, so that the kernel's rows are contiguous; the identity fills up what is missing.
        new Span<float>(scratch, block * block).Clear();
        for (var i = 0; i < a.Rows; i++)
        {
            for (var k = 0; k <= i; k++)
            {
                scratch[(k * block) + i] = a.Data[(i * a.RowStride) + (k * a.ColumnStride)];
            }
        }

        for (var i = a.Rows; i < block; i++)
        {
            scratch[i * (block + 1)] = 1;
        }

        var failed = -1;
        var kernel = new DiagonalBlockKernel(scratch, Result(scratch, block), scratch + (2 * block * block), block, &failed);
        LaneDispatch.Run(ref kernel);
        return failed;
    }

    /// <summary>Where D is: rows of the block's length.</summary>
    /// <param name="scratch">The scratch of <see cref="InvertFactor"/>.</param>
    /// <param name="block">The block's size.</param>
    /// <returns>The address of its first element.</returns>
    public static float* Result(float* scratch, int block) => scratch + (block * block);
}
