using System.Runtime.Intrinsics;

namespace MuonSharp.Numerics;

/// <summary>Products of matrices of one shape at many points at once, between a transformation that makes their factors and one that uses their results: both happen in a core's cache.</summary>
/// <remarks>Every element is one chain of fused multiply-adds in ascending k, as in <see cref="MatrixProduct"/>, with the same kernels: the bits do not depend on threads and vectors.
/// Scratch: a block of the source and its products for each worker, some hundred kilobytes; a transposed product some megabytes, whatever the rows.</remarks>
public static unsafe class PointProduct
{
    /// <summary>target takes A B of every point.</summary>
    /// <typeparam name="TSource">What A is made by.</typeparam>
    /// <typeparam name="TTarget">What takes the products.</typeparam>
    /// <param name="team">Workers to share the product; null runs it on the calling thread.</param>
    /// <param name="a">[m, k] for each point of b.</param>
    /// <param name="b">[k, n] for each point.</param>
    /// <param name="target">Given each element of the products once.</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or are empty.</exception>
    public static void Multiply<TSource, TTarget>(WorkerTeam? team, TSource a, PointPanels b, TTarget target)
        where TSource : struct, IPointSource
        where TTarget : struct, IPointTarget
    {
        if (a.Columns != b.Rows || a.Rows == 0 || b.Rows == 0 || b.Columns == 0 || b.Points == 0)
        {
            throw new ArgumentException($"[point product] shapes must be [m, k] and [k, n] at one point or more; [{a.Rows}, {a.Columns}] and [{b.Rows}, {b.Columns}] at {b.Points}");
        }

        switch (VectorWidth.Bits)
        {
            case 512:
                PointRows<Register512, Vector512<float>, TSource, TTarget>.Multiply(team, a, b, target);
                break;
            case 256:
                PointRows<Register256, Vector256<float>, TSource, TTarget>.Multiply(team, a, b, target);
                break;
            case 128:
                PointRows<Register128, Vector128<float>, TSource, TTarget>.Multiply(team, a, b, target);
                break;
            default:
                PointRows<RegisterScalar, float, TSource, TTarget>.Multiply(team, a, b, target);
                break;
        }
    }

    /// <summary>C = Aᵀ B at every point: the gradient of what A was multiplied by.</summary>
    /// <typeparam name="TLeft">What A is made by.</typeparam>
    /// <typeparam name="TRight">What B is made by.</typeparam>
    /// <param name="team">Workers to share the product; null runs it on the calling thread.</param>
    /// <param name="points">Number of points.</param>
    /// <param name="a">[k, m] for each point.</param>
    /// <param name="b">[k, n] for each point.</param>
    /// <param name="c">Out: [points, m, n].</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or are empty.</exception>
    public static void MultiplyTransposed<TLeft, TRight>(WorkerTeam? team, int points, TLeft a, TRight b, float* c)
        where TLeft : struct, IPointSource
        where TRight : struct, IPointSource
    {
        if (a.Rows != b.Rows || a.Rows == 0 || a.Columns == 0 || b.Columns == 0 || points == 0)
        {
            throw new ArgumentException($"[point product] shapes must be [k, m] and [k, n] at one point or more; [{a.Rows}, {a.Columns}] and [{b.Rows}, {b.Columns}] at {points}");
        }

        switch (VectorWidth.Bits)
        {
            case 512:
                PointColumns<Register512, Vector512<float>, TLeft, TRight>.Multiply(team, points, a, b, c);
                break;
            case 256:
                PointColumns<Register256, Vector256<float>, TLeft, TRight>.Multiply(team, points, a, b, c);
                break;
            case 128:
                PointColumns<Register128, Vector128<float>, TLeft, TRight>.Multiply(team, points, a, b, c);
                break;
            default:
                PointColumns<RegisterScalar, float, TLeft, TRight>.Multiply(team, points, a, b, c);
                break;
        }
    }
}
