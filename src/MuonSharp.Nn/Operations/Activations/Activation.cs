namespace MuonSharp.Nn;

/// <summary>The nonlinearity of a feed-forward block.</summary>
public enum Activation
{
    /// <summary>x Φ(x) with the exact normal distribution function (erf), as GPT-2 and nanoGPT.</summary>
    Gelu,

    /// <summary>GELU by its tanh formula, as the published GPT-2 weights expect (<c>gelu_new</c> in Hugging Face's configurations).</summary>
    GeluTanh,

    /// <summary>max(x, 0)².</summary>
    ReluSquared,

    /// <summary>gate · sigmoid(gate) · up: two projections of the input, multiplied.</summary>
    SwiGlu,
}
