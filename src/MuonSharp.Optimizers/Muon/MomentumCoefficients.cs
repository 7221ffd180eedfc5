namespace MuonSharp.Optimizers;

/// <summary>m &lt;- keep·m + gain·g, then u = fromMomentum·m + fromGradient·g.</summary>
/// <param name="Keep">What is kept of the old momentum.</param>
/// <param name="Gain">What is taken of the gradient.</param>
/// <param name="FromMomentum">The new momentum's share of the direction.</param>
/// <param name="FromGradient">The gradient's share of the direction: 0 without look-ahead.</param>
public readonly record struct MomentumCoefficients(double Keep, double Gain, double FromMomentum, double FromGradient);
