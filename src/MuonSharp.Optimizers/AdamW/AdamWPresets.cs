namespace MuonSharp.Optimizers;

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
