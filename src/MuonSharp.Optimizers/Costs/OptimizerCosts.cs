using System.Collections.Immutable;

namespace MuonSharp.Optimizers;

/// <summary>The memory that one optimizer of a routed one allocates, known without building it.</summary>
/// <param name="Optimizer">The optimizer's name.</param>
/// <param name="States">Its states, which a checkpoint keeps.</param>
/// <param name="ScratchBytes">Working memory, which grows with the threads while matrices are small.</param>
public sealed record OptimizerCost(string Optimizer, ImmutableArray<StateCost> States, long ScratchBytes)
{
    /// <summary>Bytes of all states.</summary>
    public long StateBytes => States.Sum(static state => state.Bytes);
}

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

/// <summary>One kind of an optimizer's state.</summary>
/// <param name="Name">What it holds: <c>momentum</c>, <c>second moment</c>.</param>
/// <param name="Bytes">Memory over all of the optimizer's parameters, alignment included.</param>
public sealed record StateCost(string Name, long Bytes);
