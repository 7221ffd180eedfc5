using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>Initial weights: matrices and tables N(0, d²), projections into the residual stream N(0, d²/(2·layers)), gains 1, biases 0.</summary>
/// <remarks>Each parameter has a stream of its own, named after it: adding a parameter changes no other. Source of the scheme: A. Radford et al., "Language
/// models are unsupervised multitask learners", 2019, as nanoGPT has it.</remarks>
internal static class Initialization
{
    public static void Fill(DecoderForm form, DecoderConfig config, ulong seed)
    {
        foreach (Parameter parameter in form.Parameters)
        {
            double deviation = config.InitialDeviation / (form.IntoResidual.Contains(parameter) ? Math.Sqrt(2.0 * config.Layers) : 1);
            Fill(parameter, deviation, seed);
        }
    }

    private static void Fill(Parameter parameter, double deviation, ulong seed)
    {
        Span<float> weights = parameter.Weights.Span;
        if (parameter.Role is ParameterRole.Gain or ParameterRole.Bias)
        {
            weights.Fill(parameter.Role == ParameterRole.Gain ? 1 : 0);
            return;
        }

        new RandomStream(seed, $"initialize/{parameter.Name}").FillNormal(weights, step: 0, sample: 0);
        foreach (ref float weight in weights)
        {
            weight *= (float)deviation;
        }
    }
}
