namespace MuonSharp.Nn;

/// <summary>The shape of causal self-attention.</summary>
public sealed record AttentionShape
{
    /// <summary>Query heads, 1 or more.</summary>
    public required int Heads { get; init; }

    /// <summary>Key and value heads, a divisor of <see cref="Heads"/>; each serves heads/keyValueHeads query heads in a row. Default: as many
    /// as query heads.</summary>
    public int? KeyValueHeads { get; init; }

    /// <summary>Width of a head.</summary>
    public required int HeadWidth { get; init; }

    /// <summary>Tokens of a sequence.</summary>
    public required int Time { get; init; }

    /// <summary>How many tokens back a token sees, itself included; null for all.</summary>
    public int? Window { get; init; }

    /// <summary>Factor of the logits; default 1/√headWidth.</summary>
    public float? Scale { get; init; }

    internal int EffectiveKeyValueHeads => KeyValueHeads ?? Heads;

    internal float EffectiveScale => Scale ?? (float)(1 / Math.Sqrt(HeadWidth));
}
