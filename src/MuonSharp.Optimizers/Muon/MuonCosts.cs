namespace MuonSharp.Optimizers;

/// <summary>What Muon costs: one float an element, the row means where rows are normalized, the orthogonalizer's FLOPs and scratch.</summary>
internal sealed class MuonCosts : CostModel
{
    public static MuonCosts Instance { get; } = new();

    /// <inheritdoc/>
    public override IEnumerable<StateCost> States(IReadOnlyList<ParameterGroup> groups)
    {
        yield return PerElement("momentum", groups);
        long rows = groups.Where(static group => ((MuonOptions)group.Options).RowNormalization != null)
            .Sum(static group => group.Parameters.Sum(static parameter => FlatLayout.Padded(Matrices(parameter).Sum(static slice => slice.FanOut))));
        if (rows > 0)
        {
            yield return new StateCost("row mean squares", rows * sizeof(float));
        }
    }

    /// <inheritdoc/>
    public override long ScratchLength(IReadOnlyList<ParameterGroup> groups, int threads) => MuonPass.ScratchLength(
        [.. groups.SelectMany(group => group.Parameters.SelectMany(Matrices)
            .Select(slice => (MuonMatrix.WorkOf(slice), MuonMatrix.ScratchOf(slice, (MuonOptions)group.Options))))],
        threads);

    /// <inheritdoc/>
    public override double Flops(OptimizerOptions options, in MatrixSlice matrix) =>
        ((MuonOptions)options).Orthogonalizer.Flops(matrix.Rows, matrix.Columns);

    private static IEnumerable<MatrixSlice> Matrices(Parameter parameter) => parameter.Matrices;
}
