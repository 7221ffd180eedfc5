namespace MuonSharp.Optimizers;

/// <summary>What <see cref="AdamW"/> needs to know; the defaults are torch's, but for the weight decay, which is 0.</summary>
public sealed record AdamWOptions() : ElementwiseOptions<AdamWRule, AdamWOptions>(0.001)
{
    /// <summary>The smallest normal float32: a smaller epsilon may round to zero, and the update of a weight without gradients be 0/0.</summary>
    private const double SmallestEpsilon = 1.1754943508222875e-38;

    /// <inheritdoc/>
    public override string OptimizerName => "adamw";

    /// <summary>Whether an epsilon is finite and stays a normal number in float32.</summary>
    internal static bool IsEpsilon(double epsilon) => epsilon >= SmallestEpsilon && double.IsFinite(epsilon);

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

    /// <inheritdoc/>
    protected internal override Schedule MomentumSchedule => Beta1;

    /// <inheritdoc/>
    protected internal override void Validate(OptionsProblems problems)
    {
        base.Validate(problems);
        problems.Schedule("beta1", Beta1, 1);
        problems.Require(Beta2 is >= 0 and < 1, $"beta2 must be in [0, 1), not {Beta2}");
        problems.Require(Enum.IsDefined(EpsilonPlace), $"epsilon's place must be AfterCorrection or BeforeCorrection, not {EpsilonPlace}");
        problems.Require(
            IsEpsilon(Epsilon), $"epsilon must be finite and a normal float32 ({SmallestEpsilon:G3} or more), not {Epsilon}");
    }
}

/// <summary>Where <see cref="AdamW"/> adds its epsilon.</summary>
public enum AdamWEpsilon
{
    /// <summary>To the root of the corrected second moment: (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps), as torch and the original.</summary>
    AfterCorrection,

    /// <summary>To the root of the raw second moment: (sqrt(1 - b2^t) / (1 - b1^t)) m / (sqrt(v) + eps), as Moonlight.</summary>
    BeforeCorrection,
}

/// <summary>AdamW exactly as published references run it.</summary>
public static class AdamWPresets
{
    /// <summary>torch.optim.AdamW: learning rate 1e-3, betas (0.9, 0.999), epsilon 1e-8, decay 0.01; a missing gradient skips.</summary>
    public static AdamWOptions Torch { get; } = new() { WeightDecay = 0.01 };

    /// <summary>The auxiliary Adam of KellerJordan/Muon: learning rate 3e-4, betas (0.9, 0.95), epsilon 1e-10, no decay; a missing
    /// gradient counts as zero.</summary>
    public static AdamWOptions KellerJordan { get; } = new()
    {
        LearningRate = 3e-4,
        Beta2 = 0.95,
        Epsilon = 1e-10,
        MissingGradient = MissingGradient.Zero,
    };

    /// <summary>Moonlight's AdamW: learning rate 1e-3, betas (0.9, 0.95), epsilon 1e-8 before the bias correction, decay 0.1; a missing
    /// gradient skips.</summary>
    /// <remarks>Source: MoonshotAI/Moonlight, <c>examples/toy_train.py</c>.</remarks>
    public static AdamWOptions Moonlight { get; } = new() { Beta2 = 0.95, WeightDecay = 0.1, EpsilonPlace = AdamWEpsilon.BeforeCorrection };

    /// <summary>optax's Adam beside its Muon: Nesterov, betas (0.9, 0.999), epsilon 1e-8, no decay; a gradient is never missing there but
    /// zero, so a missing one counts as zero.</summary>
    /// <remarks>Source: optax 0.2.8, <c>contrib/_muon.py</c>.</remarks>
    public static AdamWOptions Optax { get; } = new() { Nesterov = true, MissingGradient = MissingGradient.Zero };

    /// <summary>The presets by the names that traces and configurations use.</summary>
    public static IReadOnlyDictionary<string, AdamWOptions> ByName { get; } = new Dictionary<string, AdamWOptions>(StringComparer.Ordinal)
    {
        ["torch"] = Torch,
        ["keller-jordan"] = KellerJordan,
        ["moonlight"] = Moonlight,
        ["optax"] = Optax,
    };
}
