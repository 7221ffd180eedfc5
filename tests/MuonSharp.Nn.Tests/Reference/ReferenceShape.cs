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

    /// <summary>GPT-2's names, learned positions, linear weights stored [in, out], Q, K and V fused. Else Llama's names, rotary positions,
    /// weights stored [out, in], Q, K and V apart.</summary>
    public required bool Gpt2 { get; init; }

    /// <summary>LayerNorm, else RMSNorm.</summary>
    public required bool LayerNorm { get; init; }

    /// <summary>As the product names it.</summary>
    public required string Activation { get; init; }

    /// <summary>Whether a projection of its own passes the activation and multiplies the other: SwiGLU with SiLU.</summary>
    public bool Gated { get; init; }

    public bool Tied { get; init; }

    /// <summary>In GPT-2's form every linear map and LayerNorm has a bias; in Llama's the four projections of attention, and LayerNorm.</summary>
    public bool Biases { get; init; }

    /// <summary>RMSNorm of each head's queries and keys before they are turned, as Qwen3 does.</summary>
    public bool QueryKeyNorm { get; init; }

    public int? HeadWidthOverride { get; init; }

    public int? Window { get; init; }

    /// <summary>A window for each layer, instead of one for all.</summary>
    public int?[]? WindowsByLayer { get; init; }

    public double Epsilon { get; init; } = 1e-5;

    /// <summary>Logits z are cap tanh(z / cap).</summary>
    public double? LogitCap { get; init; }

    public double Theta { get; init; } = 10000;

    public int HeadWidth => HeadWidthOverride ?? Width / Heads;

    public ReferenceAttention Attention(int layer, int[] positions, int time) =>
        new(positions.Length / time, time, Heads, Groups, HeadWidth, WindowOf(layer)) { Positions = positions };

    /// <summary>The window of a layer; null for none.</summary>
    public int? WindowOf(int layer) => WindowsByLayer is { } windows ? windows[layer] : Window;
}
