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

/// <summary>What a head's outputs are in its logit, and so which factor they get. γ is the query head's factor, g the least γ of the heads
/// that share a key head.</summary>
public enum HeadSide
{
    /// <summary>A query whose key is scaled as well: γ/√g, one range for each query head. With a key for each head that is √γ.</summary>
    Query,

    /// <summary>A key: √g, one range for each key head.</summary>
    Key,

    /// <summary>A query whose key is left alone, because heads share it that have factors of their own: γ. Latent attention's rotary part.</summary>
    QueryOfSharedKey,
}

/// <summary>Where the outputs of each head lie along the fan-out of one parameter: a projection's weight, its bias, or a QK-norm's gain.</summary>
/// <remarks>Head h has the outputs <c>First + h·Stride</c> to <c>First + h·Stride + Length</c>. In latent attention a head's two parts
/// alternate along one weight: then the stride is larger than the length.</remarks>
/// <param name="Parameter">The parameter. Its layout says which axis is the fan-out; a vector is all fan-out.</param>
/// <param name="Side">What the outputs are in the logit.</param>
/// <param name="First">The first output of head 0.</param>
/// <param name="Length">Outputs of a head, at least 1.</param>
/// <param name="Stride">Outputs from one head's first to the next one's, at least <paramref name="Length"/>.</param>
public sealed record HeadSlice(Parameter Parameter, HeadSide Side, int First, int Length, int Stride)
{
    /// <summary>The heads of one part of a layout, for the weight that has the layout or for the bias beside it.</summary>
    /// <param name="parameter">The weight or the bias.</param>
    /// <param name="layout">The weight's layout.</param>
    /// <param name="part">A part that has heads, such as <c>query</c>.</param>
    /// <param name="side">What the outputs are in the logit.</param>
    /// <exception cref="ArgumentException">The layout has no such part, or the part has no heads.</exception>
    public static HeadSlice OfPart(Parameter parameter, MatrixLayout layout, string part, HeadSide side)
    {
        HeadRange first = layout.Head(part, 0);
        return new HeadSlice(parameter, side, first.Start, first.Length, first.Length);
    }

    private bool IsVector => Parameter.Shape.Length == 1;

    private bool OutputsAreRows => IsVector || Parameter.Layout is not { Orientation: MatrixOrientation.InOut };

    private int Columns => Parameter.Length / Parameter.Shape[0];

    internal void Check(string layer, int heads)
    {
        int fanOut = OutputsAreRows ? Parameter.Shape[0] : Columns;
        if (First < 0 || Length < 1 || Stride < Length || First + ((heads - 1L) * Stride) + Length > fanOut)
        {
            throw new ArgumentException($"[attention heads] {heads} heads lie apart inside the fan-out of {fanOut} of '{Parameter.Name}'; "
                + $"layer '{layer}' has first {First}, length {Length}, stride {Stride}");
        }
    }

    /// <summary>Multiplies the weights of one head's outputs.</summary>
    internal unsafe void Scale(int head, float factor)
    {
        int first = First + (head * Stride);
        float* weights = Parameter.Weights.Address;
        var operation = new ScaleOperator(factor);
        if (OutputsAreRows)
        {
            float* block = weights + ((nint)first * Columns);
            Numerics.Elementwise.Map(null, block, block, (long)Length * Columns, operation);
            return;
        }

        for (int row = 0; row < Parameter.Shape[0]; row++)
        {
            float* block = weights + ((nint)row * Columns) + first;
            Numerics.Elementwise.Map(null, block, block, Length, operation);
        }
    }
}
