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
}
