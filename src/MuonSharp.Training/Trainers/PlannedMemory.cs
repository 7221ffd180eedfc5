using System.Collections.Immutable;
using MuonSharp.Nn;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>The native memory of a training run, in bytes, known without allocating it.</summary>
/// <remarks>Left out: evaluation and samples, which have arenas of their own, the few bytes of token buffers, and the workers' packing memory.</remarks>
/// <param name="Weights">The store's weights.</param>
/// <param name="Gradients">The store's gradients.</param>
/// <param name="GradientSums">Sums of the gradients of micro-batches, see <see cref="GradientTree"/>; 0 where a step is one micro-batch. Over ranks, of this one, with gradients and weights on their way.</param>
/// <param name="Optimizers">State and scratch of each optimizer; over ranks, of this one.</param>
/// <param name="Activations">The arena of a training program for one micro-batch: activations, their gradients, scratch.</param>
/// <param name="NeededActivations">Of it, what the backward run reads of the forward run, at the time when that is most: the rest is overhead.</param>
public sealed record PlannedMemory(
    long Weights, long Gradients, long GradientSums, ImmutableArray<OptimizerCost> Optimizers, long Activations, long NeededActivations)
{
    /// <summary>State of all optimizers.</summary>
    public long OptimizerState => Optimizers.Sum(static optimizer => optimizer.StateBytes);

    /// <summary>Copies and scratch for the spectra of some matrices; 0 where none are measured, see <see cref="SpectrumPlan.Bytes"/>.</summary>
    public long Spectra { get; init; }

    /// <summary>Everything together: all of it is there from the first step on, so it is the peak as well.</summary>
    public long Total => Weights + Gradients + GradientSums + Activations + Spectra + Optimizers.Sum(static optimizer => optimizer.StateBytes + optimizer.ScratchBytes);

    /// <summary>What no implementation of this step can do without: weights, gradients, optimizer state and the activations that the backward run needs.</summary>
    public long Needed => Weights + Gradients + OptimizerState + NeededActivations;

    /// <summary>What comes on top: gradients of activations, sums of micro-batches, scratch, gaps.</summary>
    public long Overhead => Total - Needed;

    /// <summary>Everything over what is needed, 1 or more.</summary>
    public double Ratio => (double)Total / Needed;

    internal static PlannedMemory Of(ModelBlueprint model, RoutingPlan routing, TrainSection train, int threads)
    {
        long floats = ParameterStore.PlannedLength(model.Parameters);
        return Of(floats, model.PlanMemory(train.MicroBatch, model.Config.Context, training: true, threads), routing, train.MicroBatches, threads);
    }

    internal static PlannedMemory Of(long floats, MemoryPlan? arena, RoutingPlan routing, int accumulation, int threads) => new(
        floats * sizeof(float),
        floats * sizeof(float),
        floats * sizeof(float) * GradientTree.BuffersOf(accumulation),
        routing.Costs(threads),
        (arena?.ArenaLength ?? 0) * sizeof(float),
        (arena?.NeededLength ?? 0) * sizeof(float));
}
