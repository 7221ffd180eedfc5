namespace MuonSharp.Nn;

/// <summary>How a decoder knows where a token stands; it also decides the family whose tensor names and storage the model uses.</summary>
public enum Positions
{
    /// <summary>A learned vector for each position, added to the token's: the GPT-2 family, fused QKV, weights stored [in, out].</summary>
    Learned,

    /// <summary>Queries and keys are turned by their position: the llama family, separate projections, weights stored [out, in].</summary>
    Rotary,
}
