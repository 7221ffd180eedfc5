using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>What <see cref="AdamW"/> needs to know; the defaults are torch's, but for the weight decay, which is 0.</summary>
public sealed record AdamWOptions() : OptimizerOptions(0.001)
{
    /// <summary>The smallest normal float32: a smaller epsilon may round to zero, and the update of a weight without gradients be 0/0.</summary>
    private const double SmallestEpsilon = 1.1754943508222875e-38;

    /// <inheritdoc/>
    public override string OptimizerName => "adamw";

    /// <summary>Decay of the first moment, in [0, 1), a number or a schedule, default 0.9.</summary>
    public Schedule Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the second moment, in [0, 1), default 0.999.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the root of the second moment, at least the smallest normal float32 (1.18e-38), default 1e-8.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Where epsilon is added, default after the correction of the second moment.</summary>
    public AdamWEpsilon EpsilonPlace { get; init; }

    /// <summary>Whether the first moment looks ahead by one gradient: b1 m / (1 - b1^(t+1)) + (1 - b1) g / (1 - b1^t); default false.</summary>
    /// <remarks>Source: optax, <c>scale_by_adam(nesterov=True)</c>.</remarks>
    public bool Nesterov { get; init; }

    internal override CostModel Costs => ElementwiseCosts.TwoMoments;

    internal override Schedule ReportedMomentum => Beta1;

    internal override void Collect(OptionsProblems problems)
    {
        base.Collect(problems);
        problems.Schedule("beta1", Beta1, 1);
        problems.Require(Beta2 is >= 0 and < 1, $"beta2 must be in [0, 1), not {Beta2}");
        problems.Require(Enum.IsDefined(EpsilonPlace), $"epsilon's place must be AfterCorrection or BeforeCorrection, not {EpsilonPlace}");
        problems.Require(
            Epsilon >= SmallestEpsilon && double.IsFinite(Epsilon), $"epsilon must be finite and a normal float32 ({SmallestEpsilon:G3} or more), not {Epsilon}");
    }

    internal override Optimizer Create(IReadOnlyList<ParameterGroup> groups, StepOptions step, WorkerTeam team) => new AdamW(groups, step, team);
}
