namespace MuonSharp.Optimizers;

/// <summary>Known mistakes of references, reproduced on request; ours is right by default.</summary>
public enum MuonCompat
{
    /// <summary>None.</summary>
    None,

    /// <summary>The factor of a tensor with more than two axes is that of its last two sizes as stored, for a filter bank sqrt(max(1, kh / kw)).</summary>
    /// <remarks>Source: KellerJordan/Muon, <c>muon.py</c>, which flattens a filter for the orthogonalization alone.</remarks>
    KellerJordanConvScale,

    /// <summary>The decay is coupled: wd p is added to the gradient before the momentum, and orthogonalization forgets its size. None is left for the step.</summary>
    /// <remarks>Source: <c>mlx.optimizers.Muon</c>.</remarks>
    MlxCoupledDecay,
}
