using MuonSharp.Nn.Tests.Reference;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn.Tests.Models;

/// <summary>The engine's decoder of a reference shape, with the reference's weights in it.</summary>
internal sealed class EngineModel : IDisposable
{
    private readonly WorkerTeam _team;

    public EngineModel(ReferenceShape shape, int context, IReadOnlyDictionary<string, double[]> weights, int threads = 2)
    {
        _team = new WorkerTeam(threads);
        Decoder = new LanguageModel(ConfigOf(shape, context), 1, _team);
        Assert.Equal(weights.Keys.Order(StringComparer.Ordinal), Decoder.Parameters.Parameters.Select(p => p.Name).Order(StringComparer.Ordinal));
        foreach (Parameter parameter in Decoder.Parameters.Parameters) Agreement.ToFloats(weights[parameter.Name]).CopyTo(parameter.Weights.Span);
    }

    public LanguageModel Decoder { get; }

    public static LanguageModelConfig ConfigOf(ReferenceShape shape, int context)
    {
        return new LanguageModelConfig
        {
            Vocabulary = shape.Vocabulary,
            Layers = shape.Layers,
            Heads = shape.Heads,
            KeyValueHeads = shape.Groups,
            Width = shape.Width,
            HeadWidth = shape.HeadWidthOverride,
            HiddenWidth = shape.Hidden,
            Context = context,
            Normalization = shape.LayerNorm ? Normalization.LayerNorm : Normalization.RmsNorm,
            Family = shape.Gpt2 ? ModelFamilies.Gpt2 : ModelFamilies.Llama,
            Activation = Activation.Named(shape.Activation),
            Gated = shape.Gated,
            TiedHead = shape.Tied,
            Biases = shape.Biases,
            QueryKeyNorm = shape.QueryKeyNorm,
            WindowsByLayer = [.. Enumerable.Range(0, shape.Layers).Select(shape.WindowOf)],
            RotaryBase = shape.Theta,
            NormalizationEpsilon = shape.Epsilon,
            LogitCap = shape.LogitCap,
        };
    }

    /// <summary>A program with tokens and targets in place, and positions, if any are given.</summary>
    public LanguageProgram Program(int[] inputs, int[] targets, int batch, int time, bool training, int[]? positions = null)
    {
        LanguageProgram program = Decoder.Program(batch, time, training, packed: positions is not null);
        positions?.CopyTo(program.Positions);
        inputs.CopyTo(program.Inputs);
        targets.CopyTo(program.Targets);
        return program;
    }

    /// <summary>The logits of every position, through the door that sampling uses.</summary>
    public static float[] Logits(LanguageProgram program)
    {
        float[] logits = new float[program.Batch * program.Time * program.Vocabulary];
        for (int i = 0; i < program.Batch * program.Time; i++)
            program.Logits(i / program.Time, i % program.Time, logits.AsSpan(i * program.Vocabulary, program.Vocabulary));
        return logits;
    }

    public void Dispose()
    {
        Decoder.Dispose();
        _team.Dispose();
    }
}
