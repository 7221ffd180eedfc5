using System.Collections.Immutable;

namespace MuonSharp.Optimizers;

/// <summary>What ties one attention layer's query and key parameters together: which outputs of which parameter make the logits of which head.</summary>
/// <remarks>
/// <para>A layer declares it; <see cref="QkClip"/> scales by it and needs no name. Query heads are in order: with H heads and K key heads,
/// head h reads key head h / (H / K).</para>
/// <para>A logit must be bilinear in what is listed: biases go with their weights, and where queries and keys are normalized the gains stand
/// in place of the weights, whose size the norm takes away (<see cref="Normalized"/>).</para>
/// </remarks>
public sealed class AttentionHeads
{
    private AttentionHeads(string name, int heads, int keyValueHeads, ImmutableArray<HeadSlice> slices, string? obstacle)
    {
        if (heads < 1 || keyValueHeads < 1 || heads % keyValueHeads != 0)
        {
            throw new ArgumentException($"[attention heads] key-value heads divide the heads; layer '{name}' has {heads} heads and {keyValueHeads} key-value heads");
        }

        (Name, Heads, KeyValueHeads, Slices, Obstacle) = (name, heads, keyValueHeads, slices, obstacle);
    }

    /// <summary>Describes a layer whose logits come straight from its projections.</summary>
    /// <param name="name">The layer's name, unique in the model; names its state (<c>transformer.h.0.attn</c>).</param>
    /// <param name="heads">Query heads.</param>
    /// <param name="keyValueHeads">Key heads, a divisor of <paramref name="heads"/>.</param>
    /// <param name="slices">Everything the logits are linear in: queries with their keys, or queries of shared keys, or (latent attention) both.</param>
    /// <exception cref="ArgumentException">Heads do not fit the parameters, or queries come without keys or keys without queries.</exception>
    public AttentionHeads(string name, int heads, int keyValueHeads, IReadOnlyList<HeadSlice> slices)
        : this(name, heads, keyValueHeads, [.. slices], obstacle: null)
    {
        foreach (HeadSlice slice in Slices)
        {
            slice.Check(name, CountOf(slice));
        }

        if (Slices.IsEmpty || Slices.Any(slice => slice.Side == HeadSide.Query) != Slices.Any(slice => slice.Side == HeadSide.Key))
        {
            throw new ArgumentException($"[attention heads] a query that shares its factor with a key needs the key, and a key its query; layer '{name}' lists "
                + (Slices.IsEmpty ? "nothing" : string.Join(", ", Slices.Select(slice => $"{slice.Side} '{slice.Parameter.Name}'"))));
        }
    }

    /// <summary>The layer's name.</summary>
    public string Name { get; }

    /// <summary>Query heads: as many maximum logits does the layer measure.</summary>
    public int Heads { get; }

    /// <summary>Key heads.</summary>
    public int KeyValueHeads { get; }

    /// <summary>What the clip scales; empty when there is an <see cref="Obstacle"/>.</summary>
    public ImmutableArray<HeadSlice> Slices { get; }

    /// <summary>Why no head's logits can be scaled by a factor of its own, or null when they can.</summary>
    public string? Obstacle { get; }

    /// <summary>Describes a layer that normalizes queries and keys (QK-norm, without biases after it): its gains are scaled, not its weights.</summary>
    /// <remarks>With a gain for each query head and each key head the rule is that of weights. Key gains that several key heads share stay as
    /// they are and the query's gains take the whole factor. Query gains that several heads share leave nothing to scale: an <see cref="Obstacle"/>.</remarks>
    /// <param name="name">The layer's name.</param>
    /// <param name="heads">Query heads.</param>
    /// <param name="keyValueHeads">Key heads, a divisor of <paramref name="heads"/>.</param>
    /// <param name="headWidth">Width of a head.</param>
    /// <param name="queryGain">The queries' gains: headWidth of them, which all heads share, or heads·headWidth.</param>
    /// <param name="keyGain">The keys' gains: headWidth of them, or keyValueHeads·headWidth.</param>
    /// <exception cref="ArgumentException">A gain has another length.</exception>
    public static AttentionHeads Normalized(
        string name, int heads, int keyValueHeads, int headWidth, Parameter queryGain, Parameter keyGain)
    {
        bool ownQueries = HasOwn(name, queryGain, heads, headWidth);
        bool ownKeys = HasOwn(name, keyGain, keyValueHeads, headWidth);
        if (!ownQueries)
        {
            return new AttentionHeads(name, heads, keyValueHeads, [],
                $"the gain '{queryGain.Name}' of its normalized queries is shared by {heads} heads, so no head can have a factor of its own");
        }

        var query = new HeadSlice(queryGain, ownKeys ? HeadSide.Query : HeadSide.QueryOfSharedKey, 0, headWidth, headWidth);
        var key = new HeadSlice(keyGain, HeadSide.Key, 0, headWidth, headWidth);
        return new AttentionHeads(name, heads, keyValueHeads, ownKeys ? [query, key] : (HeadSlice[])[query]);
    }

    internal int CountOf(HeadSlice slice) => slice.Side == HeadSide.Key ? KeyValueHeads : Heads;

    private static bool HasOwn(string name, Parameter gain, int heads, int headWidth) => gain.Length == (long)heads * headWidth
        || (gain.Length == headWidth
            ? false
            : throw new ArgumentException($"[attention heads] a gain has {headWidth} elements or {headWidth} for each of {heads} heads; "
                + $"'{gain.Name}' of layer '{name}' has {gain.Length}"));
}
