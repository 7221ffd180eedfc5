namespace MuonSharp.Optimizers;

/// <summary>How epsilon keeps the division by a matrix's Frobenius norm away from zero.</summary>
public enum NormFloor
{
    /// <summary>Divides by norm + epsilon (KellerJordan/Muon, Moonlight, optax).</summary>
    Sum,

    /// <summary>Divides by max(norm, epsilon) (torch.optim.Muon).</summary>
    Maximum,
}
