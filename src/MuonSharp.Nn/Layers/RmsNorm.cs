using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>y = weight x / √(mean of squares + epsilon), over each row, or over each group of as many columns as the weight has.</summary>
/// <remarks>Parameter: <c>weight</c> [width], at first 1. Source: B. Zhang and R. Sennrich, "Root mean square layer normalization", arXiv:1910.07467.</remarks>
public sealed class RmsNorm : ILayer
{
    /// <summary>Declares the layer.</summary>
    /// <param name="builder">Scope that the layer is declared in.</param>
    /// <param name="name">Name of the layer in it.</param>
    /// <param name="width">Columns of the input, or of one head of it.</param>
    /// <param name="epsilon">Added to the mean of squares. Default 1e-6.</param>
    /// <exception cref="ArgumentException">The width is below 1, or the name is taken.</exception>
    public RmsNorm(ModelBuilder builder, string name, int width, float epsilon = NormalizationRecording.RmsNormEpsilon)
    {
        Weight = builder.Scope(name).Parameter("weight", [width], ParameterRole.Gain, Initializers.Ones);
        Epsilon = epsilon;
    }

    /// <summary>The gain.</summary>
    public Parameter Weight { get; }

    /// <summary>Added to the mean of squares.</summary>
    public float Epsilon { get; }

    /// <inheritdoc/>
    public Tensor Record(Tape tape, Tensor x) => tape.RmsNorm(x, tape.Parameter(Weight), Epsilon);
}
