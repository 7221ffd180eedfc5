namespace MuonSharp.Optimizers;

/// <summary>What a step does with a parameter that has no gradient this time.</summary>
public enum MissingGradient
{
    /// <summary>Nothing: no decay, no count (torch, Moonlight).</summary>
    Skip,

    /// <summary>It counts as a gradient of zero: momentum, decay and the step count go on (KellerJordan/Muon).</summary>
    Zero,

    /// <summary>It counts as a gradient of zero, but the weights do not decay in that step (NorMuon).</summary>
    ZeroWithoutDecay,
}
