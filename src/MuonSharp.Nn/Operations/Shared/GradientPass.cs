using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Hands an output's gradient on to an input unchanged: nothing to do when the input's gradient took over the output's buffer.</summary>
internal static unsafe class GradientPass
{
    /// <summary>How many of the gradients are wanted.</summary>
    public static int Count(params ReadOnlySpan<GradientSlot?> slots)
    {
        var count = 0;
        foreach (var slot in slots)
        {
            count += slot is null ? 0 : 1;
        }

        return count;
    }

    /// <summary>Bytes that need not move because the input's gradient took over the output's buffer.</summary>
    public static double SharedBytes(Tensor output, GradientSlot? slot) =>
        slot is not null && slot.Tensor.GradientBuffer is { } buffer && buffer == output.GradientBuffer ? sizeof(float) * (double)output.Length : 0;

    public static void Run(WorkerTeam team, Tensor output, GradientSlot? slot)
    {
        if (slot is not null && slot.Data != output.GradientData)
        {
            ElementJob<First>.Run(team, output.GradientData, output.GradientData, slot.Data, output.Length, slot.Accumulates);
        }
    }
}
