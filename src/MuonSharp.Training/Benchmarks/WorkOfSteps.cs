using MuonSharp.Nn;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>What a training step of a decoder needs, counted from its shapes.</summary>
internal static class WorkOfSteps
{
    /// <summary>FLOPs of forward and backward on sequences of the program's length.</summary>
    public static double ModelFlops(DecoderModel model, DecoderProgram program) => StepArithmetic
        .Of(model.Config with { Context = program.Time }, model.Parameters.Parameters, (long)program.Batch * program.Time).Total;

    /// <summary>FLOPs of the optimizer's matrix products.</summary>
    public static double OptimizerFlops(RoutingPlan plan) => plan.Rows.Sum(row => row.Slices.Sum(matrix => row.FlopsOf(matrix)));

    /// <summary>Floats that live when the forward run has ended and the backward run has not begun.</summary>
    public static long KeptActivations(DecoderProgram program)
    {
        int operations = program.Operations.Count;
        return program.MemoryPlan.Buffers.Where(buffer => buffer.Lives.Any(life => life.First < operations && life.Last >= operations)).Sum(buffer => buffer.Length);
    }
}
