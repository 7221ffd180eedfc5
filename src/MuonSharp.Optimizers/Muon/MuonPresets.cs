namespace MuonSharp.Optimizers;

/// <summary>Muon exactly as published references run it, and our own default. Each reference is proven against traces recorded from it.</summary>
public static class MuonPresets
{
    /// <summary>The epsilon of optax; the other references have 1e-7.</summary>
    private const double OptaxEpsilon = 1e-8;

    /// <summary>The Newton-Schulz steps of airbench94; the other references take five.</summary>
    private const int AirbenchSteps = 3;

    /// <summary>The form that all references share: the moving average with Nesterov, five Newton-Schulz steps.</summary>
    private static readonly MuonOptions s_reference = new() { Orthogonalizer = NewtonSchulz.Jordan5 };

    /// <summary>The original form with <see cref="ZolotarevPolar.Order2"/> in place of Newton-Schulz; a missing gradient skips.</summary>
    public static MuonOptions Default { get; } = new();

    /// <summary>The original: learning rate 0.02, momentum 0.95 as a moving average with Nesterov, five steps, sqrt(max(1, out/in)), no decay;
    /// a missing gradient counts as zero.</summary>
    /// <remarks>The reference works in bfloat16, this in float32. Source: KellerJordan/Muon, <c>muon.py</c>.</remarks>
    public static MuonOptions KellerJordan { get; } = s_reference with { MissingGradient = MissingGradient.Zero };

    /// <summary>torch.optim.Muon: learning rate 1e-3, decay 0.1, the moving average with Nesterov, the direction divided by
    /// max(norm, 1e-7); a missing gradient skips.</summary>
    /// <remarks>Its documentation prints the sum form; its code is the moving average. <c>adjust_lr_fn</c> is <see cref="MuonOptions.Scale"/>.
    /// Source: PyTorch 2.14, <c>torch/optim/_muon.py</c>.</remarks>
    public static MuonOptions Torch { get; } = s_reference with
    {
        LearningRate = 1e-3,
        WeightDecay = 0.1,
        Orthogonalizer = NewtonSchulz.Jordan5.WithFloor(NormFloor.Maximum),
    };

    /// <summary>Moonlight: learning rate 1e-3, decay 0.1, the sum form with Nesterov, 0.2 sqrt(max(out, in)); a missing gradient skips.</summary>
    /// <remarks>Source: MoonshotAI/Moonlight, <c>examples/toy_train.py</c>; arXiv 2502.16982.</remarks>
    public static MuonOptions Moonlight { get; } = s_reference with
    {
        LearningRate = 1e-3,
        WeightDecay = 0.1,
        Form = MomentumForm.Sum,
        Scale = UpdateScale.MatchRmsAdamW,
    };

    /// <summary>Kimi K2's Muon, without the clip of attention logits: <see cref="Moonlight"/> without Nesterov, learning rate 2e-4.</summary>
    /// <remarks>Source: Kimi K2 technical report, arXiv 2507.20534, algorithm 1.</remarks>
    public static MuonOptions KimiK2 { get; } = Moonlight with { LearningRate = 2e-4, Nesterov = false };

    /// <summary>optax: the bias-corrected moving average with Nesterov, epsilon 1e-8, sqrt(max(1, out/in)), no decay.</summary>
    /// <remarks>Weights are stored [in, out] there: <see cref="MatrixLayout.InOut"/>. A gradient is never missing there but zero, so a
    /// missing one counts as zero. Source: optax 0.2.8, <c>contrib/_muon.py</c>.</remarks>
    public static MuonOptions Optax { get; } = s_reference with
    {
        Form = MomentumForm.BiasCorrectedEma,
        Orthogonalizer = NewtonSchulz.Jordan5.WithEpsilon(OptaxEpsilon),
        MissingGradient = MissingGradient.Zero,
    };

    /// <summary>NorMuon: the original with normalized rows; a missing gradient counts as zero and spares the weights from decay.</summary>
    /// <remarks>Source: zichongli5/NorMuon; arXiv 2510.05491.</remarks>
    public static MuonOptions NorMuon { get; } = s_reference with
    {
        RowNormalization = new RowNormalization(),
        MissingGradient = MissingGradient.ZeroWithoutDecay,
    };

    /// <summary>airbench94: learning rate 0.24, momentum 0.6 as a sum with Nesterov, three steps, no factor by shape, weights renormalized
    /// before each step, no decay; a missing gradient skips.</summary>
    /// <remarks>Source: KellerJordan/cifar10-airbench, <c>airbench94_muon.py</c>.</remarks>
    public static MuonOptions Airbench94 { get; } = s_reference with
    {
        LearningRate = 0.24,
        Momentum = 0.6,
        Form = MomentumForm.Sum,
        Orthogonalizer = NewtonSchulz.Jordan5.WithSteps(AirbenchSteps),
        Scale = UpdateScale.None,
        NormalizeWeights = true,
    };

    /// <summary>The presets by the names that traces and configurations use.</summary>
    public static IReadOnlyDictionary<string, MuonOptions> ByName { get; } = new Dictionary<string, MuonOptions>(StringComparer.Ordinal)
    {
        ["default"] = Default,
        ["keller-jordan"] = KellerJordan,
        ["torch"] = Torch,
        ["moonlight"] = Moonlight,
        ["kimi-k2"] = KimiK2,
        ["optax"] = Optax,
        ["normuon"] = NorMuon,
        ["airbench94"] = Airbench94,
    };
}
