namespace MuonSharp.Optimizers;

/// <summary>What Muon costs: one float an element, the row means where rows are normalized, the orthogonalizer's FLOPs and scratch.</summary>
internal static class MuonCosts
{
    /// <summary>The states over all groups.</summary>
    public static IEnumerable<StateCost> States(IReadOnlyList<ParameterGroup> groups)
    {
        yield return StateCost.PerElement("momentum", groups);
        long rows = groups.Where(static group => ((MuonOptions)group.Options).RowNormalization != null)
            .Sum(static group => group.Parameters.Sum(static parameter => FlatLayout.Padded(parameter.Matrices.Sum(static slice => slice.FanOut))));
        if (rows > 0)
        {
            yield return new StateCost("row mean squares", rows * sizeof(float));
        }
    }

    /// <summary>Floats of scratch.</summary>
    public static long ScratchLength(IReadOnlyList<ParameterGroup> groups, int threads) => MuonPass.ScratchLength(
        [.. groups.SelectMany(group => group.Parameters.SelectMany(static parameter => parameter.Matrices)
            .Select(slice => (MuonMatrix.WorkOf(slice), MuonMatrix.ScratchOf(slice, (MuonOptions)group.Options))))],
        threads);
}
