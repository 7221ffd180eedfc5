using System.Runtime.Intrinsics;

namespace MuonSharp.Numerics;

/// <summary>The inverse of a symmetric positive definite matrix in float32, by a blocked Cholesky factorization.</summary>
/// <remarks>
/// <para>A = Uᵀ U, L = Uᵀ, W = L^-T L^-1. For each row k of blocks of 32 rows:</para>
/// <code>
/// S[k,i]    = A[k,i] - sum over p below k of U[p,k]ᵀ U[p,i]         i from k on
/// D_k       = (Cholesky factor of S[k,k])^-1                        the one part that is no product
/// U[k,i]    = D_k S[k,i]                                            i after k
/// L^-1[k,j] = -D_k sum over p from j to k - 1 of U[p,k]ᵀ L^-1[p,j]   j before k;  L^-1[k,k] = D_k
/// </code>
/// <para>and then W[i,j] = sum over p from i of L^-1[p,i]ᵀ L^-1[p,j], lower triangle. All of it lies in panels of 32 columns, which the micro-kernel
/// reads without packing, and each sum is one run of it: as deep as the row is far down. U and L^-1 share one square, one above and one below the diagonal.
/// Each element is one chain of fused multiply-adds in ascending p, so neither the workers nor the vector width change a bit.</para>
/// <para>Cost: m³ FLOPs and 160 m² for the blocks on the diagonal. Two forks: one for all of U and L^-1 (<see cref="PanelOrder"/>), one for W. Scratch: m² + 32 m floats.</para>
/// <para>Accuracy: relative error about the condition number times 1e-7; a Schur complement or Gauss-Jordan inverse is far worse in float32.</para>
/// </remarks>
public static unsafe class PositiveDefiniteInverse
{
    /// <summary>Floats of scratch that <see cref="Invert(WorkerTeam?, Matrix, float*, bool)"/> needs.</summary>
    /// <param name="size">Rows of the matrix.</param>
    /// <returns>The number of floats.</returns>
    public static long ScratchLength(int size)
    {
        long blocks = PanelMatrix.BlocksOf(size);
        return (((blocks * blocks) + blocks + 1) * PanelMatrix.BlockLength) + PanelOrder.LengthOf((int)blocks);
    }

    /// <summary>Replaces a symmetric positive definite matrix by its inverse.</summary>
    /// <param name="team">Workers to share the products; null runs it on the calling thread.</param>
    /// <param name="a">Square, any strides; only the lower triangle is read. Out: the inverse; undefined when a pivot fails.</param>
    /// <param name="scratch">At least <see cref="ScratchLength"/> floats, aligned to 64 bytes, apart from the matrix.</param>
    /// <param name="mirror">Whether the upper triangle of the inverse is written too; otherwise it is undefined.</param>
    /// <returns>-1, or the row of the first pivot that is not above zero (or not a number): then the matrix is not positive definite in float32.</returns>
    /// <exception cref="ArgumentException">The matrix is not square.</exception>
    public static int Invert(WorkerTeam? team, Matrix a, float* scratch, bool mirror = true) => Invert(team, a, 0, a, scratch, mirror);

    /// <summary>result = (a + shift I)^-1.</summary>
    /// <param name="team">Workers to share the products; null runs it on the calling thread.</param>
    /// <param name="a">Square, any strides; only the lower triangle is read.</param>
    /// <param name="shift">Added to each element of the diagonal, in float32.</param>
    /// <param name="result">Out: the inverse; undefined when a pivot fails. May be <paramref name="a"/>.</param>
    /// <param name="scratch">At least <see cref="ScratchLength"/> floats, aligned to 64 bytes, apart from both matrices.</param>
    /// <param name="mirror">Whether the upper triangle of the inverse is written too; otherwise it is undefined.</param>
    /// <returns>-1, or the row of the first pivot that is not above zero (or not a number).</returns>
    /// <exception cref="ArgumentException">The matrix is not square, or the result has another shape.</exception>
    public static int Invert(WorkerTeam? team, Matrix a, float shift, Matrix result, float* scratch, bool mirror)
    {
        if (a.Rows != a.Columns || result.Rows != a.Rows || result.Columns != a.Rows)
        {
            throw new ArgumentException(
                $"[inverse] matrix and result must be square and of one size; they are [{a.Rows}, {a.Columns}] and [{result.Rows}, {result.Columns}]");
        }

        if (a.Rows == 0)
        {
            return -1;
        }

        return VectorWidth.Bits switch
        {
            512 => InverseEngine<Register512, Vector512<float>>.Invert(team, a, shift, result, scratch, mirror),
            256 => InverseEngine<Register256, Vector256<float>>.Invert(team, a, shift, result, scratch, mirror),
            128 => InverseEngine<Register128, Vector128<float>>.Invert(team, a, shift, result, scratch, mirror),
            _ => InverseEngine<RegisterScalar, float>.Invert(team, a, shift, result, scratch, mirror),
        };
    }
}
