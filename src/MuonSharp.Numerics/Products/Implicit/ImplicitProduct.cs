using System.Runtime.Intrinsics;

namespace MuonSharp.Numerics;

/// <summary>Products with a factor that is never stored: an implicit GEMM.</summary>
/// <remarks>Every element is one chain of fused multiply-adds in ascending k, as in <see cref="MatrixProduct"/>, with the same kernels: the bits are those of the
/// product with the stored matrix, whatever threads and vectors. Scratch: a block of the source for each worker, some hundred kilobytes, and the packed other factor.</remarks>
public static unsafe class ImplicitProduct
{
    /// <summary>C = epilogue([C +] A B) where A is implicit.</summary>
    /// <typeparam name="TSource">What A is made by.</typeparam>
    /// <typeparam name="TEpilogue">An elementwise operation on finished tiles.</typeparam>
    /// <param name="team">Workers to share the product; null runs it on the calling thread.</param>
    /// <param name="a">[m, k], each block of it written once.</param>
    /// <param name="b">[k, n], any strides; packed once.</param>
    /// <param name="c">[m, n], columns adjacent.</param>
    /// <param name="accumulate">Whether to add to what C holds; the sums then start from it.</param>
    /// <param name="epilogue">The operation.</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or are empty.</exception>
    public static void Multiply<TSource, TEpilogue>(WorkerTeam? team, TSource a, Matrix b, Matrix c, bool accumulate, TEpilogue epilogue)
        where TSource : struct, IPanelSource
        where TEpilogue : struct, ITileEpilogue
    {
        Validate(a.Rows, a.Columns, b.Rows, b.Columns, c);
        switch (VectorWidth.Bits)
        {
            case 512:
                ImplicitRows<Register512, Vector512<float>, TSource, TEpilogue>.Multiply(team, a, b, c, accumulate, epilogue);
                break;
            case 256:
                ImplicitRows<Register256, Vector256<float>, TSource, TEpilogue>.Multiply(team, a, b, c, accumulate, epilogue);
                break;
            case 128:
                ImplicitRows<Register128, Vector128<float>, TSource, TEpilogue>.Multiply(team, a, b, c, accumulate, epilogue);
                break;
            default:
                ImplicitRows<RegisterScalar, float, TSource, TEpilogue>.Multiply(team, a, b, c, accumulate, epilogue);
                break;
        }
    }

    /// <summary>C = [C +] Aᵀ B where B is implicit: the gradient of what an implicit A was multiplied by.</summary>
    /// <typeparam name="TSource">What B is made by.</typeparam>
    /// <param name="team">Workers to share the product; null runs it on the calling thread.</param>
    /// <param name="a">[k, m], columns adjacent.</param>
    /// <param name="b">[k, n], each block of it written once, or a few times where n is small.</param>
    /// <param name="c">[m, n], columns adjacent.</param>
    /// <param name="accumulate">Whether to add to what C holds; the sums then start from it.</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or are empty.</exception>
    public static void MultiplyTransposed<TSource>(WorkerTeam? team, Matrix a, TSource b, Matrix c, bool accumulate)
        where TSource : struct, IPanelSource
    {
        Validate(a.Columns, a.Rows, b.Rows, b.Columns, c);
        switch (VectorWidth.Bits)
        {
            case 512:
                ImplicitColumns<Register512, Vector512<float>, TSource>.Multiply(team, a, b, c, accumulate);
                break;
            case 256:
                ImplicitColumns<Register256, Vector256<float>, TSource>.Multiply(team, a, b, c, accumulate);
                break;
            case 128:
                ImplicitColumns<Register128, Vector128<float>, TSource>.Multiply(team, a, b, c, accumulate);
                break;
            default:
                ImplicitColumns<RegisterScalar, float, TSource>.Multiply(team, a, b, c, accumulate);
                break;
        }
    }

    private static void Validate(int m, int k, int inner, int n, Matrix c)
    {
        if (k != inner || c.Rows != m || c.Columns != n || m == 0 || n == 0 || k == 0 || c.ColumnStride != 1)
        {
            throw new ArgumentException(
                $"[implicit product] shapes must be [m, k], [k, n] and [m, n], columns of the result adjacent; [{m}, {k}], [{inner}, {n}], [{c.Rows}, {c.Columns}] with a column stride of {c.ColumnStride}");
        }
    }
}
