namespace MuonSharp.Numerics;

/// <summary>Logarithm, sine and cosine in double precision with the same bits on every machine.</summary>
/// <remarks>The framework's functions call the system's library, whose last bit differs from one system to the next. These use additions,
/// multiplications and divisions alone, which IEEE 754 fixes. Series by Taylor; errors are measured by the tests.</remarks>
public static class PortableMath
{
    private const double Ln2 = 0.69314718055994530942;
    private const double SqrtHalf = 0.70710678118654752440;
    private const double HalfPi = 1.57079632679489661923;
    private const int LogTerms = 11;
    private const int TrigonometricTerms = 9;

    /// <summary>The natural logarithm; error below 4e-16 (1 + |ln x|).</summary>
    /// <param name="x">Positive, finite, normal.</param>
    /// <returns>ln x.</returns>
    /// <exception cref="ArgumentOutOfRangeException">x is not a positive normal number.</exception>
    public static double Log(double x)
    {
        if (!(x > 0) || !double.IsNormal(x))
        {
            throw new ArgumentOutOfRangeException(nameof(x), x, "[log] the argument must be a positive normal number");
        }

        // x = m 2^e with m in [√½, √2); ln m = 2 artanh((m - 1)/(m + 1)).
        long bits = BitConverter.DoubleToInt64Bits(x);
        int exponent = (int)(bits >> 52) - 1022;
        double m = BitConverter.Int64BitsToDouble((bits & 0x000FFFFFFFFFFFFF) | 0x3FE0000000000000);
        if (m < SqrtHalf)
        {
            m *= 2;
            exponent--;
        }

        double f = (m - 1) / (m + 1);
        double s = f * f;
        double sum = 0.0;
        for (int term = LogTerms; term > 0; term--)
        {
            sum = (sum + (1.0 / ((2 * term) + 1))) * s;
        }

        return (exponent * Ln2) + (2 * f) + (2 * f * sum);
    }

    /// <summary>Sine and cosine of a number of turns; absolute error below 1e-15.</summary>
    /// <param name="turns">The angle in full turns, magnitude below 2⁴⁰; π is 0.5.</param>
    /// <returns>The sine and the cosine.</returns>
    public static (double Sine, double Cosine) SinCosTurns(double turns)
    {
        double quarters = Math.Round(4 * turns);
        double angle = ((4 * turns) - quarters) * HalfPi;
        double square = angle * angle;
        double sine = 1, cosine = 1;
        for (int term = TrigonometricTerms; term > 0; term--)
        {
            sine = 1 - (sine * square / (2 * term * ((2 * term) + 1)));
            cosine = 1 - (cosine * square / (2 * term * ((2 * term) - 1)));
        }

        sine *= angle;
        return ((long)quarters & 3) switch
        {
            0 => (sine, cosine),
            1 => (cosine, -sine),
            2 => (-sine, -cosine),
            _ => (-cosine, sine),
        };
    }
}
