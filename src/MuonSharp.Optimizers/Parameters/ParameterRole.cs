namespace MuonSharp.Optimizers;

/// <summary>What a parameter does in its model. Roles, not names, decide which optimizer steps it.</summary>
public enum ParameterRole
{
    /// <summary>A hidden weight that multiplies activations: the parameters Muon was made for.</summary>
    Matrix,

    /// <summary>A table of token vectors: its rows are looked up, not multiplied.</summary>
    Embedding,

    /// <summary>A table of learned position vectors.</summary>
    Position,

    /// <summary>The output projection onto the vocabulary.</summary>
    Head,

    /// <summary>The multiplicative vector of a normalization.</summary>
    Gain,

    /// <summary>An additive vector.</summary>
    Bias,

    /// <summary>The weight that chooses experts: its outputs are choices, not activations.</summary>
    Router,
}
