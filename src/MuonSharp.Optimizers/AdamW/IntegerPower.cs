namespace MuonSharp.Optimizers;

/// <summary>A power by repeated squaring: multiplications alone, so bias corrections are the same on every machine.</summary>
internal static class IntegerPower
{
    /// <summary>value to the power of exponent, at most 2 log2(exponent) roundings.</summary>
    public static double Of(double value, long exponent)
    {
        double result = 1;
        for (; exponent > 0; exponent >>= 1, value *= value)
        {
            if ((exponent & 1) == 1)
            {
                result *= value;
            }
        }

        return result;
    }
}
