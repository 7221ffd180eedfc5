namespace MuonSharp.Nn.Tests.Reference;

/// <summary>Compares float32 results of the engine with double results of a reference, entry by entry.</summary>
internal static class Agreement
{
    /// <summary>
    /// Every entry lies within relative * (|expected| + root mean square of all expected): an entry that cancels to nearly nothing may be
    /// off by what its neighbours' size brings along. Where the reference is zero throughout, only zero agrees, unless terms of a known
    /// size cancelled: when the whole result is below a thousandth of its terms, the rounding of the terms is the yardstick.
    /// </summary>
    public static void Within(string what, double[] expected, ReadOnlySpan<float> actual, double relative, double terms = 0)
    {
        Assert.True(expected.Length == actual.Length, $"{what}: {expected.Length} values expected, {actual.Length} came");
        double typical = RootMeanSquare(expected), worst = -1;
        if (typical < terms / 1000) typical = terms;
        int worstAt = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double allowed = relative * (Math.Abs(expected[i]) + typical);
            double distance = Math.Abs(actual[i] - expected[i]);
            double excess = double.IsFinite(actual[i]) ? distance - allowed : double.PositiveInfinity;
            if (i == 0 || excess > worst) (worst, worstAt) = (excess, i);
        }

        Assert.True(
            worst <= 0,
            $"{what}[{worstAt}] of {expected.Length}: engine {actual[worstAt]:R}, reference {expected[worstAt]:R}; the typical size is {typical:G3}, the tolerance {relative:E0}");
    }

    /// <summary>‖actual - expected‖ / ‖expected‖, the measure of the golden cases.</summary>
    public static double RelativeDistance(double[] expected, ReadOnlySpan<float> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        double difference = 0, size = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            difference += (actual[i] - expected[i]) * (actual[i] - expected[i]);
            size += expected[i] * expected[i];
        }

        return Math.Sqrt(difference / Math.Max(size, double.Epsilon));
    }

    public static double RootMeanSquare(double[] values) => values.Length == 0 ? 0 : Math.Sqrt(values.Sum(v => v * v) / values.Length);

    public static float[] ToFloats(double[] values) => Array.ConvertAll(values, v => (float)v);

    public static double[] ToDoubles(ReadOnlySpan<float> values)
    {
        double[] result = new double[values.Length];
        for (int i = 0; i < result.Length; i++) result[i] = values[i];
        return result;
    }
}
