using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Hands an output's gradient on to an input unchanged: nothing to do when the input's gradient took over the output's buffer.</summary>
internal static unsafe class GradientPass
{
    public static void Run(WorkerTeam team, Tensor output, GradientSlot? slot)
    {
        if (slot is not null && slot.Data != output.GradientData)
        {
            ElementJob<First>.Run(team, output.GradientData, output.GradientData, slot.Data, output.Length, slot.Accumulates);
        }
    }
}
