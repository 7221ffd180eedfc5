using MuonSharp.Nn;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>What a training step of a decoder needs, counted from its shapes.</summary>
internal static class WorkOfSteps
{
    /// <summary>Forward FLOPs of a multiply-add, and what backward adds: twice the forward products.</summary>
    private const double TrainingFlops = 3 * 2;

    /// <summary>Products of attention: logits, and their mixture of values.</summary>
    private const int AttentionProducts = 2;

    /// <summary>Every weight of a matrix and of the head meets every token; every pair of tokens that see each other meets twice in each head.</summary>
    public static double ModelFlops(DecoderModel model, DecoderProgram program)
    {
        DecoderConfig config = model.Config;
        double weights = (double)config.Vocabulary * config.Width;
        foreach (Parameter parameter in model.Parameters.Parameters)
        {
            weights += parameter.Role == ParameterRole.Matrix ? parameter.Length : 0;
        }

        long window = Math.Min(config.Window ?? program.Time, program.Time);
        double pairs = (window * (window + 1) / 2.0) + ((program.Time - window) * (double)window);
        double attention = AttentionProducts * pairs * config.Heads * config.EffectiveHeadWidth * config.Layers;
        return TrainingFlops * program.Batch * ((program.Time * weights) + attention);
    }

    /// <summary>What Muon's orthogonalizations take.</summary>
    public static double OrthogonalizationFlops(RoutingPlan plan) => plan.Groups
        .Where(group => group.Options is MuonOptions)
        .Sum(group => group.Parameters
            .SelectMany(parameter => (parameter.Layout ?? MatrixLayout.OutIn).Matrices(parameter.Shape))
            .Sum(matrix => ((MuonOptions)group.Options).Orthogonalizer.Flops(matrix.Rows, matrix.Columns)));

    /// <summary>Floats that live when the forward run has ended and the backward run has not begun.</summary>
    public static long KeptActivations(DecoderProgram program)
    {
        int operations = program.Operations.Count;
        return program.MemoryPlan.Buffers.Where(buffer => buffer.Lives.Any(life => life.First < operations && life.Last >= operations)).Sum(buffer => buffer.Length);
    }
}
