namespace MuonSharp.Nn;

/// <summary>Sizes of latent attention; those that all attention has (heads, the width of a head's part that is not turned) stand in <see cref="LanguageModelConfig"/>.</summary>
public sealed record LatentAttentionSizes
{
    /// <summary>Width of the latent that queries are made of; null: of the input itself.</summary>
    public int? QueryRank { get; init; }

    /// <summary>Width of the latent that keys and values are made of: what a cache holds of a token, with <see cref="RotaryWidth"/>.</summary>
    public required int KeyValueRank { get; init; }

    /// <summary>Width of the part of queries and keys that is turned by position, which all heads share of a key; even.</summary>
    public required int RotaryWidth { get; init; }

    /// <summary>Width of a head's values.</summary>
    public required int ValueWidth { get; init; }

    /// <summary>Whether pairs that turn lie side by side, as in DeepSeek's files, or half a range apart. Default true.</summary>
    public bool Interleaved { get; init; } = true;

    /// <summary>The rules that sizes break.</summary>
    internal IEnumerable<string> Problems() =>
        KeyValueRank >= 1 && RotaryWidth >= 1 && ValueWidth >= 1 && QueryRank is null or >= 1 ? []
            : [$"latent ranks and widths must be at least 1; query rank {QueryRank}, key-value rank {KeyValueRank}, rotary width {RotaryWidth}, value width {ValueWidth}"];
}
