namespace MuonSharp.Optimizers;

/// <summary>How gradients become the direction that is orthogonalized. Every published form is two linear combinations.</summary>
/// <param name="Name">The form's name.</param>
/// <param name="Coefficients">The four factors for a momentum, with or without Nesterov's look-ahead, at a parameter's t-th update.</param>
public sealed record MomentumForm(string Name, Func<double, bool, long, MomentumCoefficients> Coefficients)
{
    /// <summary>m &lt;- m + (1 - mu)(g - m);  u = (1 - mu) g + mu m with Nesterov, else m.</summary>
    /// <remarks>The direction keeps its size when the momentum is scheduled. Source: KellerJordan/Muon, <c>muon.py</c>.</remarks>
    public static MomentumForm Ema { get; } = new("ema", static (momentum, nesterov, _) => nesterov
        ? new MomentumCoefficients(momentum, 1 - momentum, momentum, 1 - momentum)
        : new MomentumCoefficients(momentum, 1 - momentum, 1, 0));
}
