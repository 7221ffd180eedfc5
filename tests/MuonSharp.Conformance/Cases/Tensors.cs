using MuonSharp.Formats;

namespace MuonSharp.Conformance.Cases;

/// <summary>Reads tensors, and measures how far apart they are.</summary>
internal static class Tensors
{
    public static float[] Floats(this SafetensorsFile file, string name)
    {
        float[] values = new float[file.Get(name).Count];
        file.ReadFloats(name, values);
        return values;
    }

    public static int[] Integers(this SafetensorsFile file, string name)
    {
        long[] values = new long[file.Get(name).Count];
        file.ReadIntegers(name, values);
        return Array.ConvertAll(values, value => checked((int)value));
    }

    public static int[] Sizes(this SafetensorsFile file, string name) => [.. file.Get(name).Shape.Select(size => checked((int)size))];

    /// <summary>‖actual − expected‖, in double.</summary>
    public static double Distance(ReadOnlySpan<float> actual, ReadOnlySpan<float> expected)
    {
        Assert.Equal(expected.Length, actual.Length);
        double sum = 0;
        for (int i = 0; i < actual.Length; i++) sum += ((double)actual[i] - expected[i]) * ((double)actual[i] - expected[i]);
        return Math.Sqrt(sum);
    }

    public static double Norm(ReadOnlySpan<float> values)
    {
        double sum = 0;
        foreach (float value in values) sum += (double)value * value;
        return Math.Sqrt(sum);
    }

    /// <summary>Fails when a deviation is above its tolerance, or is no number at all.</summary>
    public static void Within(string what, double deviation, double tolerance) =>
        Assert.True(deviation <= tolerance, $"{what}: off by {deviation:E2}, {tolerance:E1} is allowed");
}
