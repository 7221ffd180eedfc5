using MuonSharp.Nn;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>The arithmetic of one training step of a decoder, in FLOPs.</summary>
/// <remarks>
/// <para>Dense: 6 N B. Every weight that multiplies takes part in one multiply-add a token forward and two backward. N holds hidden matrices and the
/// output projection (a tied token table is one); tables that are looked up, gains and biases are left out. B: tokens of a step.</para>
/// <para>Attention: 12 · layers · heads · head width a pair of a query and a key that it sees (Q Kᵀ and P V forward, twice that backward). A token sees
/// (T + 1) / 2 positions on average, T the context, or fewer with a window. What the backward pass computes a second time is not counted.</para>
/// <para>Source of the dense part: J. Kaplan et al., "Scaling laws for neural language models", arXiv 2001.08361.</para>
/// </remarks>
/// <param name="MultiplyingWeights">N.</param>
/// <param name="Tokens">B.</param>
/// <param name="Dense">6 N B.</param>
/// <param name="Attention">FLOPs of attention beyond its projections.</param>
public sealed record StepArithmetic(long MultiplyingWeights, long Tokens, double Dense, double Attention)
{
    private const double FlopsOfWeight = 6;
    private const double FlopsOfPair = 12;

    /// <summary>Forward and backward together.</summary>
    public double Total => Dense + Attention;

    /// <summary>The arithmetic of a model on whole contexts.</summary>
    internal static StepArithmetic Of(DecoderConfig model, IReadOnlyList<Parameter> parameters, long tokens)
    {
        long weights = parameters.Where(parameter => Multiplies(parameter, model)).Sum(parameter => (long)parameter.Length);
        double pairs = tokens * VisiblePositions(model.Context, Math.Min(model.Window ?? model.Context, model.Context));
        return new StepArithmetic(
            weights,
            tokens,
            FlopsOfWeight * weights * tokens,
            FlopsOfPair * model.Layers * model.Heads * model.EffectiveHeadWidth * pairs);
    }

    private static bool Multiplies(Parameter parameter, DecoderConfig model) =>
        parameter.Role is ParameterRole.Matrix or ParameterRole.Head || (parameter.Role == ParameterRole.Embedding && model.TiedHead);

    /// <summary>Positions that a token sees on average: 1, 2, ... window, window, ...</summary>
    private static double VisiblePositions(double context, double window) => ((window * (window + 1) / 2) + ((context - window) * window)) / context;
}
