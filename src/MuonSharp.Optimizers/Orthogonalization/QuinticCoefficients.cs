namespace MuonSharp.Optimizers;

/// <summary>One Newton-Schulz step on a singular value: s &lt;- a s + b s³ + c s⁵.</summary>
/// <param name="A">Of s.</param>
/// <param name="B">Of s³.</param>
/// <param name="C">Of s⁵.</param>
public readonly record struct QuinticCoefficients(double A, double B, double C);
