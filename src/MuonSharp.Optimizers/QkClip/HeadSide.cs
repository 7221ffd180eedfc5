namespace MuonSharp.Optimizers;

/// <summary>What a head's outputs are in its logit, and so which factor they get. γ is the query head's factor, g the least γ of the heads
/// that share a key head.</summary>
public enum HeadSide
{
    /// <summary>A query whose key is scaled as well: γ/√g, one range for each query head. With a key for each head that is √γ.</summary>
    Query,

    /// <summary>A key: √g, one range for each key head.</summary>
    Key,

    /// <summary>A query whose key is left alone, because heads share it that have factors of their own: γ. Latent attention's rotary part.</summary>
    QueryOfSharedKey,
}
