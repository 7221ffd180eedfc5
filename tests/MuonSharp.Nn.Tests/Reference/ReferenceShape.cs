namespace MuonSharp.Nn.Tests.Reference;

/// <summary>What the straight-line decoder needs to know of a model.</summary>
internal sealed record ReferenceShape
{
    public required int Vocabulary { get; init; }

    public required int Layers { get; init; }

    public required int Heads { get; init; }

    public required int Groups { get; init; }

    public required int Width { get; init; }

    public required int Hidden { get; init; }

    /// <summary>GPT-2's names, learned positions, LayerNorm, linear weights stored [in, out], Q, K and V fused. Else Llama's form.</summary>
    public required bool Gpt2 { get; init; }

    public required ReferenceActivationKind Activation { get; init; }

    public bool Tied { get; init; }

    public bool Biases { get; init; }

    public int? HeadWidthOverride { get; init; }

    public int? Window { get; init; }

    public double Epsilon { get; init; } = 1e-5;

    public double Theta { get; init; } = 10000;

    public int HeadWidth => HeadWidthOverride ?? Width / Heads;

    public ReferenceAttention Attention(int batch, int time) => new(batch, time, Heads, Groups, HeadWidth, Window);
}
