namespace MuonSharp.Nn;

/// <summary>How a decoder normalizes the input of each sublayer.</summary>
public enum Normalization
{
    /// <summary>Mean and variance of a row, gain, and a bias if the model has biases: GPT-2.</summary>
    LayerNorm,

    /// <summary>Root of the mean of squares of a row, and gain: llama.</summary>
    RmsNorm,
}
