using System.Collections.Immutable;

namespace MuonSharp.Optimizers;

/// <summary>Where one parameter goes, and why.</summary>
/// <param name="Parameter">The parameter.</param>
/// <param name="Matrices">Independent matrices that its layout splits it into, 0 when it is not stepped as matrices.</param>
/// <param name="Optimizer">The optimizer's name.</param>
/// <param name="Group">The group's name.</param>
/// <param name="Reason">Why it goes there.</param>
/// <param name="Options">The options of the optimizer that steps it.</param>
public sealed record RoutingPlanRow(Parameter Parameter, int Matrices, string Optimizer, string Group, string Reason, OptimizerOptions Options)
{
    /// <summary>The matrices themselves; empty when the parameter is not stepped as matrices.</summary>
    public ImmutableArray<MatrixSlice> Slices => Matrices == 0 ? [] : (Parameter.Layout ?? MatrixLayout.OutIn).Matrices(Parameter.Shape);

    /// <summary>FLOPs that the optimizer spends a step on one of the matrices: orthogonalization, or statistics and bases. Elementwise passes are left out.</summary>
    /// <param name="matrix">One of <see cref="Slices"/>.</param>
    public double FlopsOf(in MatrixSlice matrix) => CostModel.Of(Options).Flops(Options, matrix);
}
