namespace MuonSharp.Optimizers;

/// <summary>How gradients become the direction that is orthogonalized. Every published form is two linear combinations.</summary>
/// <remarks>All forms give the same direction for a constant momentum without bias correction, and orthogonalization forgets its size; they
/// part where epsilon is felt (tiny gradients) and where the momentum is scheduled.</remarks>
/// <param name="Name">The form's name.</param>
/// <param name="Coefficients">The four factors for a momentum, with or without Nesterov's look-ahead, at a parameter's t-th update.</param>
public sealed record MomentumForm(string Name, Func<double, bool, long, MomentumCoefficients> Coefficients)
{
    /// <summary>m &lt;- m + (1 - mu)(g - m);  u = (1 - mu) g + mu m with Nesterov, else m.</summary>
    /// <remarks>The direction keeps its size when the momentum is scheduled. Source: KellerJordan/Muon, <c>muon.py</c>.</remarks>
    public static MomentumForm Ema { get; } = new("ema", static (momentum, nesterov, _) => nesterov
        ? new MomentumCoefficients(momentum, 1 - momentum, momentum, 1 - momentum)
        : new MomentumCoefficients(momentum, 1 - momentum, 1, 0));

    /// <summary>m &lt;- mu m + g;  u = g + mu m with Nesterov, else m.</summary>
    /// <remarks>Assumes a constant momentum: the past weighs 1 / (1 - mu) gradients. Source: MoonshotAI/Moonlight, <c>toy_train.py</c>.</remarks>
    public static MomentumForm Sum { get; } = new("sum", static (momentum, nesterov, _) => nesterov
        ? new MomentumCoefficients(momentum, 1, momentum, 1)
        : new MomentumCoefficients(momentum, 1, 1, 0));

    /// <summary>m as in <see cref="Ema"/>;  u = mu m / (1 - mu^(t+1)) + (1 - mu) g / (1 - mu^t) with Nesterov, else m / (1 - mu^t).</summary>
    /// <remarks>Corrected for the start at zero. Source: optax 0.2.8, <c>contrib/_muon.py</c>.</remarks>
    public static MomentumForm BiasCorrectedEma { get; } = new("bias-corrected-ema", static (momentum, nesterov, count) =>
    {
        double correction = 1 - IntegerPower.Of(momentum, count);
        return nesterov
            ? new MomentumCoefficients(
                momentum, 1 - momentum, momentum / (1 - IntegerPower.Of(momentum, count + 1)), (1 - momentum) / correction)
            : new MomentumCoefficients(momentum, 1 - momentum, 1 / correction, 0);
    });
}
