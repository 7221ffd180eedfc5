using System.Runtime.Intrinsics;

namespace MuonSharp.Optimizers;

/// <summary>The working rows of a one-sided Jacobi decomposition: row i is [a_i | j_i], where J A are the rows so far.</summary>
/// <remarks>Sums run over four lanes and one tree, without fused multiply-adds: the same bits on every machine.</remarks>
internal readonly unsafe struct JacobiRows(double* memory, int count, int length)
{
    private const int Lanes = 4;

    /// <summary>Rows.</summary>
    public int Count { get; } = count;

    /// <summary>Elements of a row of A.</summary>
    public int Length { get; } = length;

    /// <summary>Doubles from one row to the next.</summary>
    public long Stride => Padded(Length) + Padded(Count);

    /// <summary>Doubles that the rows take.</summary>
    public static long MemoryLength(int count, int length) => count * (Padded(length) + Padded(count));

    /// <summary>Row i of A, zeros behind its end.</summary>
    public double* Row(int i) => memory + (i * Stride);

    /// <summary>Row i of J.</summary>
    public double* Rotations(int i) => Row(i) + Padded(Length);

    /// <summary>The sum of the squares of row i of A.</summary>
    public double Square(int i) => Dot(i, i);

    /// <summary>Makes two rows orthogonal by a rotation.</summary>
    /// <param name="first">A row.</param>
    /// <param name="second">Another row.</param>
    /// <param name="tolerance">Of the cosine of their angle.</param>
    /// <param name="negligible">Rows with at most that sum of squares count as zero.</param>
    /// <returns>Whether a rotation was needed.</returns>
    public bool Rotate(int first, int second, double tolerance, double negligible)
    {
        double alpha = Dot(first, first), beta = Dot(second, second), gamma = Dot(first, second);
        if (alpha <= negligible || beta <= negligible || Math.Abs(gamma) <= tolerance * Math.Sqrt(alpha) * Math.Sqrt(beta))
        {
            return false;
        }

        double zeta = (beta - alpha) / (2 * gamma);
        double tangent = Math.CopySign(1, zeta) / (Math.Abs(zeta) + Math.Sqrt(1 + (zeta * zeta)));
        double cosine = 1 / Math.Sqrt(1 + (tangent * tangent));
        var c = Vector256.Create(cosine);
        var s = Vector256.Create(cosine * tangent);
        double* p = Row(first);
        double* q = Row(second);
        for (long i = 0; i < Stride; i += Lanes)
        {
            Vector256<double> x = Vector256.Load(p + i), y = Vector256.Load(q + i);
            ((c * x) - (s * y)).Store(p + i);
            ((s * x) + (c * y)).Store(q + i);
        }

        return true;
    }

    private static long Padded(int length) => (length + Lanes - 1) / Lanes * (long)Lanes;

    private double Dot(int first, int second)
    {
        double* p = Row(first);
        double* q = Row(second);
        Vector256<double> sum = default;
        for (long i = 0; i < Padded(Length); i += Lanes)
        {
            sum += Vector256.Load(p + i) * Vector256.Load(q + i);
        }

        return (sum[0] + sum[1]) + (sum[2] + sum[3]);
    }
}
