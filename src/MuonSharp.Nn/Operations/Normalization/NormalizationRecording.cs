namespace MuonSharp.Nn;

/// <summary>Records normalizations of rows.</summary>
public static class NormalizationRecording
{
    /// <summary>Epsilon of LayerNorm in GPT-2 and torch.</summary>
    public const float LayerNormEpsilon = 1e-5f;

    /// <summary>Epsilon of RMSNorm in llama.</summary>
    public const float RmsNormEpsilon = 1e-6f;

    /// <summary>y = gain (x - mean) / √(variance + epsilon) + bias over each row.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">[rows, width].</param>
    /// <param name="gain">[1, width].</param>
    /// <param name="bias">[1, width]; null for none.</param>
    /// <param name="epsilon">Added to the variance; default 1e-5.</param>
    /// <returns>[rows, width].</returns>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static Tensor LayerNorm(this Tape tape, Tensor x, Tensor gain, Tensor? bias = null, float epsilon = LayerNormEpsilon)
    {
        Rule.Check(gain.Length == x.Columns, $"[layernorm] the gain has an element for each column; {gain}, x {x}");
        Rule.Check(bias is null || bias.Length == x.Columns, $"[layernorm] the bias has an element for each column; {bias}, x {x}");
        return tape.Record(new NormalizationOperation("layernorm", x, gain, bias, epsilon, centered: true)).Output;
    }

    /// <summary>y = gain x / √(mean of squares + epsilon), over each row or over each head of a row.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">[rows, width].</param>
    /// <param name="gain">[1, n], n a divisor of the width: every n columns are normalized on their own (QK-norm).</param>
    /// <param name="epsilon">Added to the mean of squares; default 1e-6.</param>
    /// <returns>[rows, width].</returns>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static Tensor RmsNorm(this Tape tape, Tensor x, Tensor gain, float epsilon = RmsNormEpsilon)
    {
        Rule.Check(x.Columns % gain.Length == 0, $"[rmsnorm] the gain's length divides the columns; {gain}, x {x}");
        return tape.Record(new NormalizationOperation("rmsnorm", x, gain, null, epsilon, centered: false)).Output;
    }
}
