namespace MuonSharp.Nn.Tests.Reference;

/// <summary>
/// Derivatives without any calculus: (f(x + h) - f(x - h)) / 2h in double. With h = 3e-5 the cut-off error is about 1e-10 f''' and
/// the rounding error about 3e-12 f, so seven digits hold for the functions of these tests.
/// </summary>
internal static class CentralDifferences
{
    private const double Step = 3e-5;

    /// <summary>A weighted sum of an output: a scalar whose derivative by the output is the weights, as a backward pass receives them.</summary>
    public static double Functional(double[] weights, double[] output)
    {
        double sum = 0;
        for (int i = 0; i < weights.Length; i++) sum += weights[i] * output[i];
        return sum;
    }

    /// <summary>Derivative of f by one entry of an array that f reads.</summary>
    public static double At(Func<double> f, double[] x, int index)
    {
        double before = x[index];
        x[index] = before + Step;
        double above = f();
        x[index] = before - Step;
        double below = f();
        x[index] = before;
        return (above - below) / (2 * Step);
    }

    /// <summary>Compares a gradient with central differences: at every entry of a small array, else at the ends and at random entries.</summary>
    /// <remarks>The allowed distance is relative to the entry and to the root mean square of the gradient; where terms of a known size cancel
    /// to less than a thousandth, to those terms.</remarks>
    public static void Check(string what, Func<double> f, double[] x, IReadOnlyList<double> gradient, double relative, int samples = 24, double terms = 0)
    {
        Assert.Equal(x.Length, gradient.Count);
        double typical = Math.Sqrt(gradient.Sum(g => g * g) / gradient.Count);
        if (typical < terms / 1000) typical = terms;
        foreach (int i in Samples(x.Length, samples))
        {
            double expected = At(f, x, i);
            double allowed = (relative * (Math.Abs(expected) + typical)) + 1e-9;
            Assert.True(Math.Abs(gradient[i] - expected) <= allowed, $"{what}[{i}]: gradient {gradient[i]:R}, central difference {expected:R}, allowed distance {allowed:E1}");
        }
    }

    private static IEnumerable<int> Samples(int length, int samples)
    {
        if (length <= samples) return Enumerable.Range(0, length);
        TestNumbers numbers = new((ulong)length);
        return Enumerable.Range(0, samples - 2).Select(_ => numbers.Below(length)).Prepend(length - 1).Prepend(0).Distinct();
    }
}
