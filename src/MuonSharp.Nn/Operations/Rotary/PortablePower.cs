using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Powers with the same bits on every machine, for tables that weights depend on.</summary>
internal static class PortablePower
{
    private const double Ln2 = 0.69314718055994530942;
    private const int Terms = 18;

    /// <summary>base^exponent = 2^k e^f, |f| ≤ ln 2 / 2, e^f by Taylor; relative error below 1e-14 for results of ordinary size.</summary>
    /// <param name="number">The base, positive.</param>
    /// <param name="exponent">The exponent.</param>
    public static double Of(double number, double exponent)
    {
        var logarithm = exponent * PortableMath.Log(number);
        var k = Math.Round(logarithm / Ln2);
        var f = logarithm - (k * Ln2);
        var sum = 1.0;
        for (var term = Terms; term > 0; term--)
        {
            sum = 1 + (f * sum / term);
        }

        return Math.ScaleB(sum, (int)k);
    }
}
