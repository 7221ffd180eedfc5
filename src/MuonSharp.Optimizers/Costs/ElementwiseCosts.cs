namespace MuonSharp.Optimizers;

/// <summary>Optimizers whose states all have the parameters' shapes, and that need no scratch.</summary>
internal sealed class ElementwiseCosts(params string[] states) : CostModel
{
    /// <summary>One float an element: SGD, Lion.</summary>
    public static ElementwiseCosts Momentum { get; } = new("momentum");

    /// <summary>Two floats an element: AdamW.</summary>
    public static ElementwiseCosts TwoMoments { get; } = new("first moment", "second moment");

    /// <inheritdoc/>
    public override IEnumerable<StateCost> States(IReadOnlyList<ParameterGroup> groups) => states.Select(state => PerElement(state, groups));
}
