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
