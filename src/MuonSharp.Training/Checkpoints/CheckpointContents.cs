using System.Text.Json.Nodes;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>All that a checkpoint holds: weights, the optimizer's tensors, and the rest as JSON.</summary>
/// <remarks>The tensors are views: nothing is copied, they go from where they are to the disk.</remarks>
public sealed class CheckpointContents
{
    /// <summary>The weights, for <c>model.safetensors</c>; names are those of the model's family.</summary>
    public required IReadOnlyList<NamedTensor> Model { get; init; }

    /// <summary>The optimizer's tensors, for <c>optimizer.safetensors</c>.</summary>
    public required IReadOnlyList<NamedTensor> Optimizer { get; init; }

    /// <summary>Everything else that continues a run: counters, positions, seeds. Kept in <c>state.json</c> as <c>state</c>.</summary>
    public required JsonObject State { get; init; }
}
