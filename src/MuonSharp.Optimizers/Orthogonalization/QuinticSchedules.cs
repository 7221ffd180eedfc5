using System.Collections.Immutable;

namespace MuonSharp.Optimizers;

/// <summary>One Newton-Schulz step on a singular value: s &lt;- a s + b s³ + c s⁵.</summary>
/// <param name="A">Of s.</param>
/// <param name="B">Of s³.</param>
/// <param name="C">Of s⁵.</param>
public readonly record struct QuinticCoefficients(double A, double B, double C)
{
    /// <summary>What the step makes of a singular value.</summary>
    /// <param name="value">The singular value.</param>
    public double Apply(double value)
    {
        double square = value * value;
        return value * (A + (square * (B + (C * square))));
    }
}

/// <summary>The published schedules of quintic steps: one triple (a, b, c) a step.</summary>
/// <remarks>A schedule of different triples belongs to its length: the first four steps of <see cref="PolarExpress5"/> overshoot to 1.56.</remarks>
public static class QuinticSchedules
{
    /// <summary>Most steps of a schedule; as in torch.optim.Muon.</summary>
    public const int MaximumSteps = 99;

    private static readonly QuinticCoefficients s_jordan = new(3.4445, -4.7750, 2.0315);

    /// <summary>Five times (3.4445, -4.7750, 2.0315): the steepest rise at zero that keeps singular values in a band around 1.</summary>
    /// <remarks>Source: K. Jordan, https://kellerjordan.github.io/posts/muon/.</remarks>
    public static ImmutableArray<QuinticCoefficients> Jordan5 { get; } = Jordan(5);

    /// <summary>Five steps that end nearer to 1 than <see cref="Jordan5"/>, optimized step by step.</summary>
    /// <remarks>Source: YouJiacheng, in KellerJordan/modded-nanogpt.</remarks>
    public static ImmutableArray<QuinticCoefficients> YouJiacheng5 { get; } =
    [
        new(4.0848, -6.8946, 2.9270),
        new(3.9505, -6.3029, 2.6377),
        new(3.7418, -5.5913, 2.3037),
        new(2.8769, -3.1427, 1.2046),
        new(2.8366, -3.0525, 1.2012),
    ];

    /// <summary>The minimax composition for singular values in [1e-3, 1], with its safety factor; belongs to inputs divided by 1.02 of the norm.</summary>
    /// <remarks>Source: Polar Express, arXiv 2505.16932, as used by modded-nanogpt and dion.</remarks>
    public static ImmutableArray<QuinticCoefficients> PolarExpress5 { get; } =
    [
        new(8.156554524902461, -22.48329292557795, 15.878769915207462),
        new(4.042929935166739, -2.808917465908714, 0.5000178451051316),
        new(3.8916678022926607, -2.772484153217685, 0.5060648178503393),
        new(3.285753657755655, -2.3681294933425376, 0.46449024233003106),
        new(2.3465413258596377, -1.7097828382687081, 0.42323551169305323),
    ];

    /// <summary>Eight steps of <see cref="Jordan5"/>'s triple, then twice (2, -1.5, 0.5): exact to 3e-4, for checks.</summary>
    /// <remarks>Source: DeepSeek-V4.</remarks>
    public static ImmutableArray<QuinticCoefficients> DeepSeekV4 { get; } = [.. Jordan(8), new(2, -1.5, 0.5), new(2, -1.5, 0.5)];

    /// <summary>The original's triple, any number of times.</summary>
    /// <param name="steps">1 to <see cref="MaximumSteps"/>; the original takes 5.</param>
    /// <exception cref="ArgumentException">The number of steps is out of range.</exception>
    public static ImmutableArray<QuinticCoefficients> Jordan(int steps) => Repeat(s_jordan, steps);

    /// <summary>One triple, repeated.</summary>
    internal static ImmutableArray<QuinticCoefficients> Repeat(QuinticCoefficients step, int steps) => steps is >= 1 and <= MaximumSteps
        ? [.. Enumerable.Repeat(step, steps)]
        : throw new ArgumentException($"[newton-schulz] a schedule has 1 to {MaximumSteps} steps; steps {steps}");

    /// <summary>Checks a schedule.</summary>
    internal static void Validate(string operation, ImmutableArray<QuinticCoefficients> steps)
    {
        int count = steps.IsDefault ? 0 : steps.Length;
        if (count is < 1 or > MaximumSteps)
        {
            throw new ArgumentException($"[{operation}] a schedule has 1 to {MaximumSteps} steps; steps {count}");
        }

        foreach (QuinticCoefficients step in steps)
        {
            if (!double.IsFinite(step.A) || !double.IsFinite(step.B) || !double.IsFinite(step.C))
            {
                throw new ArgumentException($"[{operation}] coefficients are finite; {step}");
            }
        }
    }
}
