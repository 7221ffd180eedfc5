namespace MuonSharp.Optimizers.Tests;

/// <summary>Distances and bits.</summary>
internal static class Compare
{
    /// <summary>‖actual - expected‖ / (‖expected - start‖ + 1e-3 ‖start‖): the measure of recorded traces.</summary>
    public static double Deviation(ReadOnlySpan<float> actual, ReadOnlySpan<double> expected, ReadOnlySpan<float> start)
    {
        double difference = 0, change = 0, size = 0;
        for (int i = 0; i < actual.Length; i++)
        {
            difference += Math.Pow(actual[i] - expected[i], 2);
            change += Math.Pow(expected[i] - start[i], 2);
            size += Math.Pow(start[i], 2);
        }

        return Math.Sqrt(difference) / (Math.Sqrt(change) + (1e-3 * Math.Sqrt(size)));
    }

    public static void SameBits(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            if (BitConverter.SingleToInt32Bits(expected[i]) != BitConverter.SingleToInt32Bits(actual[i]))
            {
                Assert.Fail($"element {i}: expected {expected[i]:G9}, got {actual[i]:G9}");
            }
        }
    }
}
