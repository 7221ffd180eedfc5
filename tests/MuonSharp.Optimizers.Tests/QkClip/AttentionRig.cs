using System.Collections.Immutable;
using MuonSharp.Numerics;

namespace MuonSharp.Optimizers.Tests;

/// <summary>Attention layers over plain arrays, and their logits in double precision straight from the definition.</summary>
internal sealed class AttentionRig : ILogitRig
{
    public AttentionRig(int heads, int keyValueHeads, int headWidth, int width, int time, bool fused, bool biased, ulong seed)
    {
        (Heads, KeyValueHeads, HeadWidth, Width, Time, Fused) = (heads, keyValueHeads, headWidth, width, time, fused);
        (int queries, int keys) = (heads * headWidth, keyValueHeads * headWidth);
        if (fused)
        {
            MatrixLayout layout = MatrixLayout.InOut.Split(
                new MatrixPart("query", queries, heads), new MatrixPart("key", keys, keyValueHeads), new MatrixPart("value", keys, keyValueHeads));
            Query = Key = Make("c_attn.weight", [width, queries + (2 * keys)], layout, seed);
            QueryBias = KeyBias = biased ? Make("c_attn.bias", [queries + (2 * keys)], null, seed + 1) : null;
        }
        else
        {
            Query = Make("q.weight", [queries, width], MatrixLayout.OutIn.Split(new MatrixPart("query", queries, heads)), seed);
            Key = Make("k.weight", [keys, width], MatrixLayout.OutIn.Split(new MatrixPart("key", keys, keyValueHeads)), seed + 1);
            QueryBias = biased ? Make("q.bias", [queries], null, seed + 2) : null;
            KeyBias = biased ? Make("k.bias", [keys], null, seed + 3) : null;
        }

        Input = Normal(time * width, seed + 4);
        List<HeadSlice> slices = [HeadSlice.OfPart(Query, Query.Layout, "query", HeadSide.Query), HeadSlice.OfPart(Key, Key.Layout, "key", HeadSide.Key)];
        if (QueryBias is not null && KeyBias is not null)
        {
            slices.Add(HeadSlice.OfPart(QueryBias, Query.Layout, "query", HeadSide.Query));
            slices.Add(HeadSlice.OfPart(KeyBias, Key.Layout, "key", HeadSide.Key));
        }

        Layer = new AttentionHeads("attn", heads, keyValueHeads, slices);
    }

    public int Heads { get; }

    public int KeyValueHeads { get; }

    public int HeadWidth { get; }

    public int Width { get; }

    public int Time { get; }

    public bool Fused { get; }

    public Parameter Query { get; }

    public Parameter Key { get; }

    public Parameter? QueryBias { get; }

    public Parameter? KeyBias { get; }

    public float[] Input { get; }

    public AttentionHeads Layer { get; }

    public static Parameter Make(string name, ImmutableArray<int> shape, MatrixLayout? layout, ulong seed) => new(
        name, shape, shape.Length == 1 ? ParameterRole.Bias : ParameterRole.Matrix, MemoryBlock.Of(Normal(shape.Aggregate(1, (a, b) => a * b), seed)), layout: layout);

    public static float[] Normal(int count, ulong seed)
    {
        float[] values = new float[count];
        new RandomStream(seed, "attention").FillNormal(values, 0, 0);
        return values;
    }

    /// <summary>Every scaled causal logit of a head, row by row.</summary>
    public List<double> Logits(int head)
    {
        var logits = new List<double>();
        for (int query = 0; query < Time; query++)
        {
            for (int key = 0; key <= query; key++)
            {
                double sum = 0;
                for (int i = 0; i < HeadWidth; i++)
                {
                    sum += Project(Query, QueryBias, query, (head * HeadWidth) + i, 0)
                        * Project(Key, KeyBias, key, (head / (Heads / KeyValueHeads) * HeadWidth) + i, Heads * HeadWidth);
                }

                logits.Add(sum / Math.Sqrt(HeadWidth));
            }
        }

        return logits;
    }

    public float[] Maxima() => [.. Enumerable.Range(0, Heads).Select(head => (float)Logits(head).Max())];

    public float[] Values() => [.. new[] { Query, Key, QueryBias, KeyBias }.OfType<Parameter>().Distinct().SelectMany(p => p.Weights.Span.ToArray())];

    private double Project(Parameter weight, Parameter? bias, int position, int output, int offset)
    {
        int column = Fused ? output + offset : output;
        double sum = bias is null ? 0 : bias.Weights.Span[column];
        for (int i = 0; i < Width; i++)
        {
            sum += (double)Input[(position * Width) + i] * weight.Weights.Span[Fused ? (i * weight.Shape[1]) + column : (column * Width) + i];
        }

        return sum;
    }
}
