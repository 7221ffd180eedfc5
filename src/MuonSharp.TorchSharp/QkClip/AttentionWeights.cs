using System.Collections.Immutable;
using MuonSharp.Optimizers;
using TorchSharp.Modules;

namespace MuonSharp.TorchSharp;

/// <summary>The query and key parameters of one attention layer, and which of their outputs make the logits of which head.</summary>
/// <remarks>Query heads are in order: with H heads and K key heads, head h reads key head h / (H / K). A logit must be bilinear in what is listed: biases go with their weights. Where
/// queries and keys are normalized their norm takes the weights' size away, and the norms' gains are listed in place of the weights.</remarks>
public sealed class AttentionWeights
{
    /// <summary>Any attention, by the rows of its parameters.</summary>
    /// <param name="name">What reports call the layer.</param>
    /// <param name="heads">Query heads.</param>
    /// <param name="keyValueHeads">Key heads, a divisor of <paramref name="heads"/>.</param>
    /// <param name="rows">Everything the logits are linear in: queries with their keys, or queries of shared keys, or (latent attention) both.</param>
    /// <exception cref="ArgumentException">Heads do not fit the parameters, or queries come without keys or keys without queries.</exception>
    public AttentionWeights(string name, int heads, int keyValueHeads, params IReadOnlyList<HeadRows> rows)
    {
        (Name, Heads, KeyValueHeads, Rows) = (name, heads, keyValueHeads, [.. rows]);
        if (heads < 1 || keyValueHeads < 1 || heads % keyValueHeads != 0)
        {
            throw new ArgumentException($"[qk-clip] key-value heads divide the heads; layer '{name}' has {heads} heads and {keyValueHeads} key-value heads");
        }

        foreach (HeadRows part in Rows)
        {
            part.Check(name, CountOf(part));
        }

        if (Rows.IsEmpty || Rows.Any(static part => part.Side == HeadSide.Query) != Rows.Any(static part => part.Side == HeadSide.Key))
        {
            throw new ArgumentException($"[qk-clip] a query that shares its factor with a key needs the key, and a key its query; layer '{name}' lists {Rows.Length} parameters");
        }
    }

    /// <summary>What reports call the layer.</summary>
    public string Name { get; }

    /// <summary>Query heads: as many greatest logits does the layer hand over.</summary>
    public int Heads { get; }

    /// <summary>Key heads.</summary>
    public int KeyValueHeads { get; }

    /// <summary>What the clip scales.</summary>
    public ImmutableArray<HeadRows> Rows { get; }

    /// <summary>Queries and keys by linear layers of their own.</summary>
    /// <param name="name">What reports call the layer.</param>
    /// <param name="query">Makes the queries of all heads, one after the other.</param>
    /// <param name="key">Makes the keys.</param>
    /// <param name="heads">Query heads.</param>
    /// <param name="keyValueHeads">Key heads; null: one for each query head.</param>
    /// <exception cref="ArgumentException">Heads do not divide a layer's outputs.</exception>
    public static AttentionWeights Separate(string name, Linear query, Linear key, int heads, int? keyValueHeads = null)
    {
        int keys = keyValueHeads ?? heads;
        int width = Width(name, (int)query.out_features, heads);
        return key.out_features == (long)keys * width
            ? new AttentionWeights(name, heads, keys, [.. Of(query, HeadSide.Query, 0, width, width), .. Of(key, HeadSide.Key, 0, width, width)])
            : throw new ArgumentException($"[qk-clip] keys have the width of queries; layer '{name}' has {heads} heads of {width} and {keys} key heads in {key.out_features} outputs");
    }

    /// <summary>Queries, keys and values by one linear layer, in that order.</summary>
    /// <param name="name">What reports call the layer.</param>
    /// <param name="projection">Makes all three.</param>
    /// <param name="heads">Query heads.</param>
    /// <param name="keyValueHeads">Key heads, and as many value heads; null: one for each query head.</param>
    /// <exception cref="ArgumentException">Heads do not divide the layer's outputs.</exception>
    public static AttentionWeights Fused(string name, Linear projection, int heads, int? keyValueHeads = null)
    {
        int keys = keyValueHeads ?? heads;
        int width = Width(name, (int)projection.out_features, heads + (2 * keys));
        return new AttentionWeights(
            name, heads, keys, [.. Of(projection, HeadSide.Query, 0, width, width), .. Of(projection, HeadSide.Key, heads * width, width, width)]);
    }

    /// <summary>Latent attention: each head's query has a plain part and a rotary part, its key a plain part of its own and a rotary part that all heads share.</summary>
    /// <remarks>Plain parts share a head's factor, the query's rotary part takes all of it, the shared rotary key is left alone (Kimi K2).</remarks>
    /// <param name="name">What reports call the layer.</param>
    /// <param name="query">Makes [plain, rotary] for each head.</param>
    /// <param name="keyValue">Makes [plain key, value] for each head out of the latent.</param>
    /// <param name="heads">Heads.</param>
    /// <param name="plain">Width of the plain part.</param>
    /// <param name="rotary">Width of the rotary part.</param>
    /// <exception cref="ArgumentException">The widths do not fit the layers.</exception>
    public static AttentionWeights Latent(string name, Linear query, Linear keyValue, int heads, int plain, int rotary)
    {
        int stride = Width(name, (int)keyValue.out_features, heads);
        return query.out_features == (long)heads * (plain + rotary) && stride >= plain
            ? new AttentionWeights(
                name, heads, heads,
                [
                    .. Of(query, HeadSide.Query, 0, plain, plain + rotary), .. Of(query, HeadSide.QueryOfSharedKey, plain, rotary, plain + rotary),
                    .. Of(keyValue, HeadSide.Key, 0, plain, stride),
                ])
            : throw new ArgumentException($"[qk-clip] latent queries have {plain} + {rotary} outputs a head, keys {plain} before the values; layer '{name}' has {query.out_features} and {keyValue.out_features}");
    }

    internal int CountOf(HeadRows rows) => rows.Side == HeadSide.Key ? KeyValueHeads : Heads;

    private static IEnumerable<HeadRows> Of(Linear layer, HeadSide side, int first, int length, int stride)
    {
        yield return new HeadRows(layer.weight, side, first, length, stride);
        if (layer.bias is { } bias)
        {
            yield return new HeadRows(bias, side, first, length, stride);
        }
    }

    private static int Width(string name, int outputs, int heads) => heads > 0 && outputs % heads == 0
        ? outputs / heads
        : throw new ArgumentException($"[qk-clip] heads divide the outputs of a projection; layer '{name}' has {outputs} outputs and {heads} heads");
}
