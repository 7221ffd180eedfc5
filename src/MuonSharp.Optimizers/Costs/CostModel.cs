namespace MuonSharp.Optimizers;

/// <summary>What one kind of optimizer costs, from shapes and options alone. Held by tests to what the optimizer really allocates.</summary>
internal abstract class CostModel
{
    /// <summary>The states over all groups of this kind.</summary>
    public abstract IEnumerable<StateCost> States(IReadOnlyList<ParameterGroup> groups);

    /// <summary>Floats of scratch.</summary>
    public virtual long ScratchLength(IReadOnlyList<ParameterGroup> groups, int threads) => 0;

    /// <summary>FLOPs of a step for one matrix, elementwise passes left out; what is not done every step is spread over the steps.</summary>
    public virtual double Flops(OptimizerOptions options, in MatrixSlice matrix) => 0;

    /// <summary>The model of some options.</summary>
    public static CostModel Of(OptimizerOptions options) => options is MuonOptions ? MuonCosts.Instance : options.Costs;

    /// <summary>State of the parameters' own shapes.</summary>
    protected static StateCost PerElement(string name, IReadOnlyList<ParameterGroup> groups) =>
        new(name, sizeof(float) * groups.Sum(static group => group.Parameters.Sum(static parameter => FlatLayout.Padded(parameter.Length))));
}
