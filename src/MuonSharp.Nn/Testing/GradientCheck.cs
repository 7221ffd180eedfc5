using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Compares the gradients of a tape with differences of its forward run: the test of an operation or a layer of one's own.</summary>
/// <remarks>
/// <para>A tape computes in float32, so a difference holds to about three digits: enough for a wrong formula, a missing contribution or a wrong sign. Values where
/// the function has a kink (ReLU at 0) within two steps show a difference that is none of the gradient.</para>
/// <para>Each sampled element costs four forward runs. Put <see cref="Tape.Checks"/> beside it: that finds what reads or writes too much.</para>
/// </remarks>
public static class GradientCheck
{
    /// <summary>Checks the derivatives of Σ w y, with fixed random weights w.</summary>
    /// <param name="tape">A compiled training tape, its inputs written.</param>
    /// <param name="y">What the tape computes: both <see cref="Tape.Output"/> and <see cref="Tape.Seed"/> were called for it.</param>
    /// <param name="tensors">Inputs with a gradient and parameters.</param>
    /// <param name="options">How exact; null for the defaults.</param>
    /// <returns>What was compared. The values are as before; parameters' gradients hold those of this function.</returns>
    /// <exception cref="ArgumentException">There is no tensor, one has no gradient, or y is no seeded output.</exception>
    public static GradientReport Run(Tape tape, Tensor y, IReadOnlyList<Tensor> tensors, GradientCheckOptions? options = null)
    {
        Rule.Check(y.IsOutput && y.IsSeeded, $"[gradient check] the tape calls Output and Seed for what is checked; {y}");
        float[] weights = new float[y.Length];
        new RandomStream(1, "gradient check").FillNormal(weights, 0, 0);
        return Run(tape, Sum, () => weights.CopyTo(y.Gradient), tensors, options);

        double Sum()
        {
            double sum = 0;
            ReadOnlySpan<float> values = y.Value;
            for (int i = 0; i < values.Length; i++)
            {
                sum += (double)weights[i] * values[i];
            }

            return sum;
        }
    }

    /// <summary>Checks the derivatives of a recorded loss.</summary>
    /// <param name="tape">A compiled training tape, its inputs written.</param>
    /// <param name="loss">Reads, after a forward run, the number whose gradient the tape computes.</param>
    /// <param name="tensors">Inputs with a gradient and parameters.</param>
    /// <param name="options">How exact; null for the defaults.</param>
    /// <returns>What was compared. The values are as before; parameters' gradients hold those of the loss.</returns>
    /// <exception cref="ArgumentException">There is no tensor, or one has no gradient.</exception>
    public static GradientReport Run(Tape tape, Func<double> loss, IReadOnlyList<Tensor> tensors, GradientCheckOptions? options = null) =>
        Run(tape, loss, static () => { }, tensors, options);

    private static GradientReport Run(Tape tape, Func<double> loss, Action seed, IReadOnlyList<Tensor> tensors, GradientCheckOptions? options)
    {
        options ??= new GradientCheckOptions();
        Rule.Check(tensors.Count > 0, $"[gradient check] there is a tensor to check; none came");
        foreach (Tensor tensor in tensors)
        {
            Rule.Check(tensor.RequiresGradient && tensor.Kind != TensorKind.Activation, $"[gradient check] inputs with a gradient and parameters can be checked; {tensor}");
            if (tensor.Kind == TensorKind.Parameter)
            {
                tensor.Gradient.Clear();
            }
        }

        tape.Forward();
        seed();
        tape.Backward();
        float[][] gradients = [.. tensors.Select(tensor => tensor.Gradient.ToArray())];
        float[][] parameters = [.. tensors.Where(tensor => tensor.Kind == TensorKind.Parameter).Select(tensor => tensor.Gradient.ToArray())];
        List<GradientComparison> comparisons = [];
        for (int i = 0; i < tensors.Count; i++)
        {
            Compare(tape, loss, tensors[i], gradients[i], options, comparisons);
        }

        // A fused loss adds gradients in every forward run.
        foreach ((Tensor tensor, float[] gradient) in tensors.Where(tensor => tensor.Kind == TensorKind.Parameter).Zip(parameters))
        {
            gradient.CopyTo(tensor.Gradient);
        }

        return new GradientReport(comparisons, options.Tolerance);
    }

    private static void Compare(
        Tape tape, Func<double> loss, Tensor tensor, float[] gradient, GradientCheckOptions options, List<GradientComparison> comparisons)
    {
        double typical = Math.Sqrt(gradient.Sum(value => (double)value * value) / gradient.Length);
        int count = Math.Min(options.Samples, gradient.Length);
        for (int sample = 0; sample < count; sample++)
        {
            // Both ends, and evenly between them.
            int index = count == 1 ? 0 : (int)((long)sample * (gradient.Length - 1) / (count - 1));
            float value = tensor.Value[index];
            (double near, double far) = (Slope(options.Step), Slope(2 * options.Step));
            tensor.Value[index] = value;
            comparisons.Add(new GradientComparison(tensor, index, gradient[index], ((4 * near) - far) / 3, typical));

            // Between the points that float32 has near there.
            double Slope(double distance)
            {
                (float above, float below) = ((float)(value + distance), (float)(value - distance));
                return (At(above) - At(below)) / ((double)above - below);
            }

            double At(float position)
            {
                tensor.Value[index] = position;
                tape.Forward();
                return loss();
            }
        }
    }
}

/// <summary>How exact a <see cref="GradientCheck"/> is.</summary>
public sealed record GradientCheckOptions
{
    /// <summary>Distance of the nearer two of four points; default 1/32: the error is that of the fifth derivative times 4e-7, rounding about 1e-5.</summary>
    public double Step { get; init; } = 1.0 / 32;

    /// <summary>Allowed distance, relative to the difference and to the root mean square of the tensor's gradient; default 0.005.</summary>
    public double Tolerance { get; init; } = 0.005;

    /// <summary>Elements compared in each tensor, both ends and evenly between them; default 16.</summary>
    public int Samples { get; init; } = 16;
}

/// <summary>One element of a gradient beside the difference of the function.</summary>
/// <param name="Tensor">The tensor.</param>
/// <param name="Index">The element.</param>
/// <param name="Gradient">What the backward run computed.</param>
/// <param name="Difference">What forward runs say.</param>
/// <param name="Typical">Root mean square of the tensor's gradient.</param>
public readonly record struct GradientComparison(Tensor Tensor, int Index, double Gradient, double Difference, double Typical)
{
    /// <summary>The distance, relative to the difference and the typical size; infinite for what is no number.</summary>
    public double Error => double.IsFinite(Gradient) && double.IsFinite(Difference)
        ? Math.Abs(Gradient - Difference) / Math.Max(1e-6, Math.Abs(Difference) + Typical)
        : double.PositiveInfinity;
}

/// <summary>What a <see cref="GradientCheck"/> found.</summary>
/// <param name="Comparisons">Every element that was compared.</param>
/// <param name="Tolerance">The allowed <see cref="GradientComparison.Error"/>.</param>
public sealed record GradientReport(IReadOnlyList<GradientComparison> Comparisons, double Tolerance)
{
    /// <summary>The comparison that is farthest off.</summary>
    public GradientComparison Worst => Comparisons.MaxBy(comparison => comparison.Error);

    /// <summary>Whether all are within the tolerance.</summary>
    public bool Passed => Worst.Error <= Tolerance;

    /// <summary>Throws unless all are within the tolerance.</summary>
    /// <exception cref="InvalidOperationException">One is not; the message is that of <see cref="ToString"/>.</exception>
    public void ThrowIfFailed()
    {
        if (!Passed)
        {
            throw new InvalidOperationException(ToString());
        }
    }

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant(
        $"[gradient check] {Comparisons.Count} elements, {Comparisons.Count(comparison => comparison.Error > Tolerance)} off by more than {Tolerance}; worst {Worst.Tensor.Name}[{Worst.Index}]: gradient {Worst.Gradient:G6}, difference {Worst.Difference:G6}");
}
