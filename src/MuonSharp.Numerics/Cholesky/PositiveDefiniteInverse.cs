namespace MuonSharp.Numerics;

/// <summary>The inverse of a symmetric positive definite matrix in float32, by a blocked Cholesky factorization.</summary>
/// <remarks>
/// <para>A = L Lᵀ, W = L^-T L^-1. For each diagonal block k, of 32 or 64 rows:</para>
/// <code>
/// D_k         = (Cholesky factor of A[k,k])^-1               the one part that is no product
/// L[below,k]  = A[below,k] D_kᵀ                              kept transposed above the diagonal
/// A[below,below] -= L[below,k] L[below,k]ᵀ                   lower triangle: right-looking
/// L^-1[k,:k]  = -D_k T[k,:k],  L^-1[k,k] = D_k
/// T[below,:]  += L[below,k] L^-1[k,:]                        T lies where the rows of L^-1 will be
/// </code>
/// <para>and then W += L^-1[k,:k]ᵀ L^-1[k,:k], lower triangle. Zero blocks of L^-1 are never multiplied. Each element is one chain of fused
/// multiply-adds in ascending k, so neither the workers nor the vector width change a bit.</para>
/// <para>Cost: m³ FLOPs, nearly all in products of 32 to 128 deep. Scratch: m² + 70 m floats and two blocks.</para>
/// <para>Accuracy: relative error about the condition number times 1e-7; a Schur complement or Gauss-Jordan inverse is far worse in float32.</para>
/// </remarks>
public static unsafe class PositiveDefiniteInverse
{
    /// <summary>Sizes from which the larger block pays.</summary>
    private const int LargeSize = 256;

    private const int SmallBlock = 32;
    private const int LargeBlock = 64;

    /// <summary>Floats of scratch that <see cref="Invert"/> needs.</summary>
    /// <param name="size">Rows of the matrix.</param>
    /// <returns>The number of floats.</returns>
    public static long ScratchLength(int size)
    {
        long block = Block(size);
        return Padded((long)size * size) + Padded(block * size) + (2 * block * block) + block;
    }

    /// <summary>Replaces a symmetric positive definite matrix by its inverse.</summary>
    /// <param name="team">Workers to share the products; null runs it on the calling thread.</param>
    /// <param name="a">Square, any strides; only the lower triangle is read. Out: the inverse; undefined when a pivot fails.</param>
    /// <param name="scratch">At least <see cref="ScratchLength"/> floats, aligned to 64 bytes, apart from the matrix.</param>
    /// <param name="mirror">Whether the upper triangle of the inverse is written too; otherwise it is undefined.</param>
    /// <returns>-1, or the row of the first pivot that is not above zero (or not a number): then the matrix is not positive definite in float32.</returns>
    /// <exception cref="ArgumentException">The matrix is not square.</exception>
    public static int Invert(WorkerTeam? team, Matrix a, float* scratch, bool mirror = true)
    {
        if (a.Rows != a.Columns)
        {
            throw new ArgumentException($"[inverse] the matrix must be square; it is [{a.Rows}, {a.Columns}]");
        }

        var inverse = Matrix.Dense(scratch, a.Rows, a.Rows);
        var rest = scratch + Padded((long)a.Rows * a.Rows);
        var failed = InvertFactor(team, a, inverse, rest);
        if (failed < 0)
        {
            Square(team, inverse, a);
            if (mirror)
            {
                SymmetricProduct.Mirror(team, a);
            }
        }

        return failed;
    }

    /// <summary>Writes L^-1, zeros above the diagonal included as far as <see cref="Square"/> reads them.</summary>
    private static int InvertFactor(WorkerTeam? team, Matrix a, Matrix inverse, float* scratch)
    {
        var size = a.Rows;
        var block = Block(size);
        var depth = Depth(size);
        var rowsCopy = scratch;
        var blockScratch = scratch + Padded((long)block * size);
        for (var start = 0; start < size; start += block)
        {
            var rows = Math.Min(block, size - start);
            var end = start + rows;
            var below = size - end;
            var failed = DiagonalBlock.InvertFactor(a.Block(start, start, rows, rows), block, blockScratch);
            if (failed >= 0)
            {
                return start + failed;
            }

            var diagonal = new Matrix(DiagonalBlock.Result(blockScratch, block), rows, rows, block);
            FillRows(inverse, start, rows, diagonal, Math.Min(size, (start / depth * depth) + depth));
            if (start > 0)
            {
                var sums = Matrix.Dense(rowsCopy, rows, start);
                Copy(inverse.Block(start, 0, rows, start), sums);
                MatrixProduct.Multiply(team, diagonal, sums, inverse.Block(start, 0, rows, start), accumulate: false, alpha: -1);
            }

            if (below > 0)
            {
                var upper = a.Block(start, end, rows, below);
                MatrixProduct.Multiply(team, diagonal, a.Block(end, start, below, rows).Transposed, upper);
                Lower(team, upper.Transposed, upper, a.Block(end, end, below, below), accumulate: true, alpha: -1);
                MatrixProduct.Multiply(
                    team, upper.Transposed, inverse.Block(start, 0, rows, start), inverse.Block(end, 0, below, start), accumulate: true);
                MatrixProduct.Multiply(team, upper.Transposed, diagonal, inverse.Block(end, start, below, rows));
            }
        }

        return -1;
    }

    /// <summary>W = Mᵀ M for a lower triangular M, lower triangle only: some rows of M at a time, as far as they are not zero.</summary>
    private static void Square(WorkerTeam? team, Matrix triangle, Matrix result)
    {
        var size = triangle.Rows;
        var depth = Depth(size);
        for (var start = 0; start < size; start += depth)
        {
            var rows = Math.Min(depth, size - start);
            var left = triangle.Block(start, 0, rows, start);
            var diagonal = triangle.Block(start, start, rows, rows);
            if (start > 0)
            {
                Lower(team, left.Transposed, left, result.Block(0, 0, start, start), accumulate: true, alpha: 1);
                MatrixProduct.Multiply(team, diagonal.Transposed, left, result.Block(start, 0, rows, start));
            }

            Lower(team, diagonal.Transposed, diagonal, result.Block(start, start, rows, rows), accumulate: false, alpha: 1);
        }
    }

    private static void Lower(WorkerTeam? team, Matrix a, Matrix b, Matrix c, bool accumulate, float alpha) =>
        MatrixProduct.Run(team, a, b, c, accumulate, alpha, 1, lowerOnly: true, default(NoEpilogue));

    /// <summary>Puts a diagonal block into its rows, and zeros to its right.</summary>
    private static void FillRows(Matrix inverse, int start, int rows, Matrix diagonal, int zerosEnd)
    {
        Copy(diagonal, inverse.Block(start, start, rows, rows));
        for (var i = 0; i < rows; i++)
        {
            new Span<float>(inverse.Data + ((start + i) * inverse.RowStride) + start + rows, zerosEnd - start - rows).Clear();
        }
    }

    private static void Copy(Matrix from, Matrix to)
    {
        for (var i = 0; i < from.Rows; i++)
        {
            new ReadOnlySpan<float>(from.Data + (i * from.RowStride), from.Columns).CopyTo(new Span<float>(to.Data + (i * to.RowStride), to.Columns));
        }
    }

    private static int Block(int size) => size < LargeSize ? SmallBlock : LargeBlock;

    /// <summary>Rows of L^-1 that are multiplied at once; a multiple of the block.</summary>
    private static int Depth(int size) => 2 * Block(size);

    private static long Padded(long floats) => (floats + LaneDispatch.Count - 1) / LaneDispatch.Count * LaneDispatch.Count;
}
