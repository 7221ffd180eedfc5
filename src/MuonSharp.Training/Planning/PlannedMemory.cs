using System.Collections.Immutable;
using MuonSharp.Nn;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>The native memory of a training run, in bytes, known without allocating it.</summary>
/// <remarks>Left out: evaluation and samples, which have arenas of their own, the few bytes of token buffers, and the workers' packing memory.</remarks>
/// <param name="Weights">The store's weights.</param>
/// <param name="Gradients">The store's gradients.</param>
/// <param name="Optimizers">State and scratch of each optimizer.</param>
/// <param name="Activations">The arena of a training program for one micro-batch: activations, their gradients, scratch.</param>
public sealed record PlannedMemory(long Weights, long Gradients, ImmutableArray<OptimizerCost> Optimizers, long Activations)
{
    /// <summary>Everything together.</summary>
    public long Total => Weights + Gradients + Activations + Optimizers.Sum(static optimizer => optimizer.StateBytes + optimizer.ScratchBytes);

    internal static PlannedMemory Of(DecoderOutline model, RoutingPlan routing, int batch, int threads)
    {
        // A store places every parameter on a cache line, as an arena its buffers.
        long floats = model.Parameters.Sum(static parameter => MemoryPlan.Align(parameter.Length));
        MemoryPlan arena = model.PlanMemory(batch, model.Config.Context, training: true, threads);
        return new PlannedMemory(floats * sizeof(float), floats * sizeof(float), routing.Costs(threads), arena.ArenaLength * sizeof(float));
    }
}
