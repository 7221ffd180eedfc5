using MuonSharp.Optimizers;

namespace MuonSharp.Training;

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
        MatrixSlice[] orthogonalized = [.. matrices.Where(matrix => matrix.Row.Options is MuonOptions).Select(matrix => matrix.Matrix)];
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
