using MuonSharp.Nn;

namespace MuonSharp.Cli.Bench;

/// <summary>The models of the training steps: GPT-2's form, without dropout.</summary>
/// <param name="Model">The shape; the context is the longest that is asked for.</param>
/// <param name="Batch">Sequences when none are named.</param>
/// <param name="Time">Tokens of a sequence when none are named.</param>
internal sealed record StepModel(DecoderConfig Model, int Batch, int Time)
{
    private const int Characters = 65;
    private const int Gpt2Vocabulary = 50257;

    /// <summary>Whether the backward run computes each block's activations again instead of having them kept.</summary>
    public bool Recomputes { get; init; }

    /// <summary>By name. Sizes of the first three: nanoGPT's settings for a character model on a processor and on a GPU, and a quarter of the latter's batch.</summary>
    public static IReadOnlyDictionary<string, StepModel> ByName { get; } = new Dictionary<string, StepModel>(StringComparer.Ordinal)
    {
        ["nanogpt-cpu"] = new(Character(4, 4, 128, 64), 12, 64),
        ["nanogpt-384"] = new(Character(6, 6, 384, 256), 8, 256),
        ["nanogpt"] = new(Character(6, 6, 384, 256), 64, 256),
        ["gpt2-124m"] = new(Gpt2, 4, 64),
    };

    private static DecoderConfig Gpt2 => new()
    {
        Vocabulary = Gpt2Vocabulary,
        Layers = 12,
        Heads = 12,
        Width = 768,
        Context = 1024,
        Activation = Activation.GeluTanh,
        Biases = true,
    };

    /// <summary>A character model as nanoGPT makes it: learned positions, tied head, no biases, erf GELU.</summary>
    public static DecoderConfig Character(int layers, int heads, int width, int context) =>
        new() { Vocabulary = Characters, Layers = layers, Heads = heads, Width = width, Context = context };
}
