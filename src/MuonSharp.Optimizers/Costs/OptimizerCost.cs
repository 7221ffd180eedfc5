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
