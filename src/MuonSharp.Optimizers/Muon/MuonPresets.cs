namespace MuonSharp.Optimizers;

/// <summary>Muon exactly as published references run it.</summary>
public static class MuonPresets
{
    /// <summary>The original: learning rate 0.02, momentum 0.95 as a moving average with Nesterov, five steps, sqrt(max(1, out/in)), no decay;
    /// a missing gradient counts as zero.</summary>
    /// <remarks>The reference works in bfloat16, this in float32. Source: KellerJordan/Muon, <c>muon.py</c>.</remarks>
    public static MuonOptions KellerJordan { get; } = new() { MissingGradient = MissingGradient.Zero };
}
