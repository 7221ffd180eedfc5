using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>y = weight (x - mean) / √(variance + epsilon) + bias, over each row.</summary>
/// <remarks>Parameters: <c>weight</c> [width], at first 1; <c>bias</c> [width], at first 0. Source: J. Ba et al., "Layer normalization", arXiv:1607.06450.</remarks>
public sealed class LayerNorm : ILayer
{
    /// <summary>Declares the layer.</summary>
    /// <param name="builder">Scope that the layer is declared in.</param>
    /// <param name="name">Name of the layer in it.</param>
    /// <param name="width">Columns of the input.</param>
    /// <param name="bias">Whether a bias is added. Default true.</param>
    /// <param name="epsilon">Added to the variance. Default 1e-5.</param>
    /// <exception cref="ArgumentException">The width is below 1, or the name is taken.</exception>
    public LayerNorm(ModelBuilder builder, string name, int width, bool bias = true, float epsilon = NormalizationRecording.LayerNormEpsilon)
    {
        ModelBuilder scope = builder.Scope(name);
        Weight = scope.Parameter("weight", [width], ParameterRole.Gain, Initializers.Ones);
        Bias = bias ? scope.Parameter("bias", [width], ParameterRole.Bias, Initializers.Zeros) : null;
        Epsilon = epsilon;
    }

    /// <summary>The gain.</summary>
    public Parameter Weight { get; }

    /// <summary>The bias, if there is one.</summary>
    public Parameter? Bias { get; }

    /// <summary>Added to the variance.</summary>
    public float Epsilon { get; }

    /// <inheritdoc/>
    public Tensor Record(Tape tape, Tensor x) => tape.LayerNorm(x, tape.Parameter(Weight), Bias is null ? null : tape.Parameter(Bias), Epsilon);
}
