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

/// <summary>One kind of an optimizer's state.</summary>
/// <param name="Name">What it holds: <c>momentum</c>, <c>second moment</c>.</param>
/// <param name="Bytes">Memory over all of the optimizer's parameters, alignment included.</param>
public sealed record StateCost(string Name, long Bytes)
{
    /// <summary>A state of the parameters' own shapes: one float an element.</summary>
    /// <param name="name">What it holds.</param>
    /// <param name="groups">The groups whose parameters have it.</param>
    public static StateCost PerElement(string name, IReadOnlyList<ParameterGroup> groups) =>
        new(name, sizeof(float) * groups.Sum(static group => ParameterStore.PlannedLength(group.Parameters)));
}
