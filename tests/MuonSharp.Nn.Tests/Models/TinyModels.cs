using MuonSharp.Nn.Tests.Reference;
using MuonSharp.Numerics;

namespace MuonSharp.Nn.Tests.Models;

/// <summary>Small decoders of both families, and batches for them.</summary>
internal static class TinyModels
{
    public const int Vocabulary = 61;

    public static LanguageModelConfig Gpt2 { get; } = new()
    {
        Vocabulary = Vocabulary,
        Layers = 2,
        Heads = 4,
        Width = 64,
        Context = 160,
        Biases = true,
    };

    public static LanguageModelConfig Llama { get; } = new()
    {
        Vocabulary = Vocabulary,
        Layers = 2,
        Heads = 4,
        KeyValueHeads = 2,
        Width = 64,
        Context = 160,
        Family = ModelFamilies.Llama,
        Normalization = Normalization.RmsNorm,
        Activation = Activation.Silu,
        Gated = true,
        TiedHead = false,
        QueryKeyNorm = true,
        Window = 70,
    };

    /// <summary>A dense layer and one with experts.</summary>
    public static LanguageModelConfig DeepSeek { get; } = new()
    {
        Vocabulary = Vocabulary,
        Layers = 2,
        Heads = 4,
        HeadWidth = 10,
        Width = 64,
        Context = 160,
        Family = ModelFamilies.DeepSeekV3,
        Normalization = Normalization.RmsNorm,
        Activation = Activation.Silu,
        Gated = true,
        TiedHead = false,
        Latent = new() { QueryRank = 24, KeyValueRank = 20, RotaryWidth = 6, ValueWidth = 12 },
        Experts = new() { Experts = 8, Active = 3, HiddenWidth = 24, Groups = 4, ActiveGroups = 2, Scale = 1.5 },
    };

    public static LanguageModelConfig Of(string family) => family == "gpt2" ? Gpt2 : Llama;

    public static void Write(LanguageProgram program, ulong seed = 1)
    {
        new TestNumbers(seed).Tokens(program.Inputs.Length, program.Vocabulary).CopyTo(program.Inputs);
        new TestNumbers(seed + 100).Tokens(program.Inputs.Length, program.Vocabulary).CopyTo(program.Targets);
    }

    /// <summary>Loss and all gradients of one step over given threads, as bits.</summary>
    public static (double Loss, float[] Gradients) Step(LanguageModel model, LanguageProgram program)
    {
        model.Parameters.ZeroGradients();
        double loss = program.Forward();
        program.Backward();
        return (loss, Gradients(model));
    }

    public static float[] Gradients(LanguageModel model) => [.. model.Parameters.Parameters.SelectMany(p => p.Gradient.Span.ToArray())];

    public static LanguageModel Create(LanguageModelConfig config, WorkerTeam team, ulong seed = 7, bool recompute = false) =>
        new(config, seed, team) { RecomputesBlocks = recompute };
}
