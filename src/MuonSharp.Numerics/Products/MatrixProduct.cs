using System.Runtime.Intrinsics;

namespace MuonSharp.Numerics;

/// <summary>The general matrix product in float32.</summary>
/// <remarks>
/// <para>Every element is one chain of fused multiply-adds in ascending k, starting from 0 or from what C holds. Block sizes, the number of
/// workers and the vector width therefore cannot change a bit (the path without fused multiply-adds rounds twice).</para>
/// <para>Cost: 2 m n k FLOPs; scratch: at most a few megabytes per worker, kept for the next product.</para>
/// </remarks>
public static unsafe class MatrixProduct
{
    /// <summary>C = [C +] (alpha A) B.</summary>
    /// <param name="team">Workers to share the product; null runs it on the calling thread.</param>
    /// <param name="a">Shape [m, k], any strides.</param>
    /// <param name="b">Shape [k, n], any strides.</param>
    /// <param name="c">Shape [m, n], any strides; shares no memory with A and B.</param>
    /// <param name="accumulate">Whether to add to what C holds; the sum then starts from it.</param>
    /// <param name="alpha">Factor that each element of A is multiplied by before the product (one rounding).</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static void Multiply(WorkerTeam? team, Matrix a, Matrix b, Matrix c, bool accumulate = false, float alpha = 1)
    {
        if (c.ColumnStride != 1 && c.RowStride == 1)
        {
            // The transposed product has adjacent columns; a product of two floats does not depend on their order.
            Validate(a, b, c);
            Run(team, b.Transposed, a.Transposed, c.Transposed, accumulate, 1, alpha, lowerOnly: false, default(NoEpilogue));
            return;
        }

        Multiply(team, a, b, c, accumulate, alpha, default(NoEpilogue));
    }

    /// <summary>C = epilogue([C +] (alpha A) B).</summary>
    /// <typeparam name="TEpilogue">An elementwise operation on finished tiles.</typeparam>
    /// <param name="team">Workers to share the product; null runs it on the calling thread.</param>
    /// <param name="a">Shape [m, k], any strides.</param>
    /// <param name="b">Shape [k, n], any strides.</param>
    /// <param name="c">Shape [m, n], columns adjacent when there is an epilogue; shares no memory with A and B.</param>
    /// <param name="accumulate">Whether to add to what C holds; the sum then starts from it.</param>
    /// <param name="alpha">Factor that each element of A is multiplied by before the product (one rounding).</param>
    /// <param name="epilogue">The operation.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static void Multiply<TEpilogue>(
        WorkerTeam? team, Matrix a, Matrix b, Matrix c, bool accumulate, float alpha, TEpilogue epilogue)
        where TEpilogue : struct, ITileEpilogue
    {
        Validate(a, b, c);
        Run(team, a, b, c, accumulate, alpha, 1, lowerOnly: false, epilogue);
    }

    /// <summary>C = [C +] A B over spans that hold row-major matrices.</summary>
    /// <param name="team">Workers to share the product; null runs it on the calling thread.</param>
    /// <param name="a">A, [m, k], or [k, m] if transposed.</param>
    /// <param name="transposeA">Whether A is stored transposed.</param>
    /// <param name="b">B, [k, n], or [n, k] if transposed.</param>
    /// <param name="transposeB">Whether B is stored transposed.</param>
    /// <param name="c">C, [m, n].</param>
    /// <param name="m">Rows of C.</param>
    /// <param name="n">Columns of C.</param>
    /// <param name="k">Length of the sums.</param>
    /// <param name="accumulate">Whether to add to what C holds.</param>
    /// <exception cref="ArgumentException">A span does not hold exactly its matrix.</exception>
    public static void Multiply(
        WorkerTeam? team, ReadOnlySpan<float> a, bool transposeA, ReadOnlySpan<float> b, bool transposeB, Span<float> c, int m, int n, int k, bool accumulate = false)
    {
        RequireLength(a.Length, m, k, "a");
        RequireLength(b.Length, k, n, "b");
        RequireLength(c.Length, m, n, "c");
        fixed (float* pa = a, pb = b, pc = c)
        {
            Matrix left = transposeA ? Matrix.Dense(pa, k, m).Transposed : Matrix.Dense(pa, m, k);
            Matrix right = transposeB ? Matrix.Dense(pb, n, k).Transposed : Matrix.Dense(pb, k, n);
            Multiply(team, left, right, Matrix.Dense(pc, m, n), accumulate);
        }
    }

    /// <summary>Checks that the shapes of a product fit.</summary>
    /// <param name="a">Left factor.</param>
    /// <param name="b">Right factor.</param>
    /// <param name="c">Result.</param>
    internal static void Validate(Matrix a, Matrix b, Matrix c)
    {
        if (a.Columns != b.Rows || a.Rows != c.Rows || b.Columns != c.Columns)
        {
            throw new ArgumentException(
                $"[matmul] shapes must be [m, k], [k, n] and [m, n]; a is [{a.Rows}, {a.Columns}], b is [{b.Rows}, {b.Columns}], c is [{c.Rows}, {c.Columns}]");
        }
    }

    /// <summary>Runs a product with the registers that this machine has.</summary>
    /// <typeparam name="TEpilogue">An elementwise operation on finished tiles.</typeparam>
    /// <param name="team">Workers, or null.</param>
    /// <param name="a">Left factor.</param>
    /// <param name="b">Right factor.</param>
    /// <param name="c">Result.</param>
    /// <param name="accumulate">Whether the sums start from C.</param>
    /// <param name="alphaA">Factor of A's elements.</param>
    /// <param name="alphaB">Factor of B's elements.</param>
    /// <param name="lowerOnly">Whether tiles above the diagonal are left out and copied from below.</param>
    /// <param name="epilogue">The operation.</param>
    internal static void Run<TEpilogue>(
        WorkerTeam? team, Matrix a, Matrix b, Matrix c, bool accumulate, float alphaA, float alphaB, bool lowerOnly, TEpilogue epilogue)
        where TEpilogue : struct, ITileEpilogue
    {
        if (c.Rows == 0 || c.Columns == 0)
        {
            return;
        }

        if (a.Columns == 0)
        {
            EmptySum(c, accumulate, epilogue);
            return;
        }

        switch (VectorWidth.Bits)
        {
            case 512:
                ProductEngine<Register512, Vector512<float>>.Multiply(team, a, b, c, accumulate, alphaA, alphaB, lowerOnly, epilogue);
                break;
            case 256:
                ProductEngine<Register256, Vector256<float>>.Multiply(team, a, b, c, accumulate, alphaA, alphaB, lowerOnly, epilogue);
                break;
            case 128:
                ProductEngine<Register128, Vector128<float>>.Multiply(team, a, b, c, accumulate, alphaA, alphaB, lowerOnly, epilogue);
                break;
            default:
                ProductEngine<RegisterScalar, float>.Multiply(team, a, b, c, accumulate, alphaA, alphaB, lowerOnly, epilogue);
                break;
        }
    }

    private static void EmptySum<TEpilogue>(Matrix c, bool accumulate, TEpilogue epilogue)
        where TEpilogue : struct, ITileEpilogue
    {
        for (int i = 0; i < c.Rows && !accumulate; i++)
        {
            for (int j = 0; j < c.Columns; j++)
            {
                c.Data[(i * c.RowStride) + (j * c.ColumnStride)] = 0;
            }
        }

        epilogue.Apply(c.Data, c.RowStride, c.Rows, c.Columns, 0, 0);
    }

    private static void RequireLength(int length, int rows, int columns, string name)
    {
        if (rows < 0 || columns < 0 || length != (long)rows * columns)
        {
            throw new ArgumentException($"[matmul] a span must hold its matrix; {name} holds {length} floats, its shape is [{rows}, {columns}]");
        }
    }
}
