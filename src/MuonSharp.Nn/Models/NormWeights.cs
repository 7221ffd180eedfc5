using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>The parameters of a normalization.</summary>
internal sealed record NormWeights(Parameter Gain, Parameter? Bias)
{
    public Tensor Record(Tape tape, Tensor x, DecoderConfig config) => config.Normalization == Normalization.LayerNorm
        ? tape.LayerNorm(x, tape.Parameter(Gain), Bias is null ? null : tape.Parameter(Bias), config.EffectiveEpsilon)
        : tape.RmsNorm(x, tape.Parameter(Gain), config.EffectiveEpsilon);
}
