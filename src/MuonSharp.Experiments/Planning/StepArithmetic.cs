using MuonSharp.Nn;
using MuonSharp.Optimizers;

namespace MuonSharp.Experiments;

/// <summary>The arithmetic of one training step of a decoder, in FLOPs.</summary>
/// <remarks>
/// <para>Dense: 6 N B. Every weight that multiplies takes part in one multiply-add a token forward and two backward. N holds hidden matrices, routers and the
/// output projection (a tied token table is one), of experts the share that a token has; tables that are looked up, gains and biases are left out. B: tokens of a step.</para>
/// <para>Attention: 6 · layers · heads · (width of a key + width of a value) a pair of a query and a key that it sees (Q Kᵀ and P V forward, twice that backward). A token sees
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
    private const double FlopsOfPair = 6;

    /// <summary>Forward and backward together.</summary>
    public double Total => Dense + Attention;

    /// <summary>The arithmetic of a model on whole contexts.</summary>
    internal static StepArithmetic Of(LanguageModelConfig model, IReadOnlyList<Parameter> parameters, long tokens)
    {
        long weights = parameters.Where(parameter => Multiplies(parameter, model)).Sum(parameter => (long)Math.Round(parameter.Length * parameter.TokenShare));
        double pairs = tokens * Enumerable.Range(0, model.Layers).Sum(layer =>
            VisiblePositions(model.Context, Math.Min(model.WindowOf(layer) ?? model.Context, model.Context)));
        return new StepArithmetic(
            weights,
            tokens,
            FlopsOfWeight * weights * tokens,
            FlopsOfPair * model.Heads * WidthsOf(model) * pairs);
    }

    /// <summary>Columns of a head's key and value together.</summary>
    private static double WidthsOf(LanguageModelConfig model) =>
        model.Latent is { } latent ? model.EffectiveHeadWidth + latent.RotaryWidth + latent.ValueWidth : 2.0 * model.EffectiveHeadWidth;

    private static bool Multiplies(Parameter parameter, LanguageModelConfig model) =>
        parameter.Role is ParameterRole.Matrix or ParameterRole.Head or ParameterRole.Router || (parameter.Role == ParameterRole.Embedding && model.TiedHead);

    /// <summary>Positions that a token sees on average: 1, 2, ... window, window, ...</summary>
    private static double VisiblePositions(double context, double window) => ((window * (window + 1) / 2) + ((context - window) * window)) / context;
}

/// <summary>What the optimizer adds to the arithmetic of a step: by the published formula, and as configured.</summary>
/// <remarks>
/// <para>Published: T m / B. A step of Newton-Schulz costs at most 6 n m² FLOPs on a matrix [n, m], m the smaller side; the matrix itself costs
/// 6 n m B a training step. T steps on B tokens: T m / B.</para>
/// <para>Source: K. Jordan, https://kellerjordan.github.io/posts/muon/; 5 · 768 / 524288 = 0.7 % for NanoGPT there.</para>
/// </remarks>
/// <param name="Matrices">Independent matrices, after splitting.</param>
/// <param name="Flops">FLOPs a step on all of them: what the orthogonalizer (or SOAP's and Shampoo's bases) really does. Elementwise passes are left out.</param>
/// <param name="Published">T m / B with T = 5 and m the model's width; null when nothing is orthogonalized.</param>
/// <param name="PublishedByMatrix">The same as a ratio of FLOPs over all matrices: T Σ n m² / (B Σ n m); null when nothing is orthogonalized.</param>
/// <param name="Configured"><paramref name="Flops"/> over the model's FLOPs of the same step.</param>
public sealed record OptimizerArithmetic(int Matrices, double Flops, double? Published, double? PublishedByMatrix, double Configured)
{
    /// <summary>Newton-Schulz steps of the published formula: T.</summary>
    public const int PublishedSteps = 5;

    internal static OptimizerArithmetic Of(RoutingPlan routing, int width, StepArithmetic model)
    {
        (RoutingPlanRow Row, MatrixSlice Matrix)[] matrices = [.. routing.Rows.SelectMany(row => row.Slices.Select(slice => (row, slice)))];
        double flops = matrices.Sum(matrix => matrix.Row.FlopsOf(matrix.Matrix));
        MatrixSlice[] orthogonalized = [.. matrices.Where(matrix => matrix.Row.Options.Orthogonalizes).Select(matrix => matrix.Matrix)];
        double elements = orthogonalized.Sum(matrix => (double)matrix.Length);
        double work = orthogonalized.Sum(matrix => (double)matrix.Length * Math.Min(matrix.Rows, matrix.Columns));
        return new OptimizerArithmetic(
            matrices.Length,
            flops,
            orthogonalized.Length == 0 ? null : (double)PublishedSteps * width / model.Tokens,
            orthogonalized.Length == 0 ? null : PublishedSteps * work / (model.Tokens * elements),
            flops / model.Total);
    }
}
