using MuonSharp.Training;

namespace MuonSharp.Cli.Output;

/// <summary>The memory of a training step in one line.</summary>
internal static class MemoryLine
{
    /// <summary>The whole, its parts, and the ratio of the whole to what a step cannot do without.</summary>
    public static string Of(PlannedMemory memory) =>
        $"{Amount.Bytes(memory.Total)} a step: weights {Amount.Bytes(memory.Weights)}, gradients {Amount.Bytes(memory.Gradients)}, optimizer state "
        + $"{Amount.Bytes(memory.OptimizerState)}, activations {Amount.Bytes(memory.NeededActivations)}, overhead {Amount.Bytes(memory.Overhead)}, "
        + $"{Amount.Number(Math.Round(memory.Ratio, 2))} times what is needed";
}
