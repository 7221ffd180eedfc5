namespace MuonSharp.Optimizers;

/// <summary>Where <see cref="AdamW"/> adds its epsilon.</summary>
public enum AdamWEpsilon
{
    /// <summary>To the root of the corrected second moment: (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps), as torch and the original.</summary>
    AfterCorrection,

    /// <summary>To the root of the raw second moment: (sqrt(1 - b2^t) / (1 - b1^t)) m / (sqrt(v) + eps), as Moonlight.</summary>
    BeforeCorrection,
}
