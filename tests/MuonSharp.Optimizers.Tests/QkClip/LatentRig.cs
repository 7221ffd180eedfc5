namespace MuonSharp.Optimizers.Tests;

/// <summary>Latent attention over plain arrays: each head has a part of its own and a part whose key all heads share.</summary>
internal sealed class LatentRig : ILogitRig
{
    private readonly (int Own, int Shared, int Value, int Width, int Time) _size;
    private readonly Parameter _query;
    private readonly Parameter _key;
    private readonly float[] _sharedKey;
    private readonly float[] _input;

    public LatentRig(int heads, int own, int shared, int value, int width, int time, ulong seed)
    {
        (Heads, _size) = (heads, (own, shared, value, width, time));
        _query = AttentionRig.Make("q_b.weight", [heads * (own + shared), width], null, seed);
        _key = AttentionRig.Make("kv_b.weight", [heads * (own + value), width], null, seed + 1);
        _sharedKey = AttentionRig.Normal(shared * width, seed + 2);
        _input = AttentionRig.Normal(time * width, seed + 3);
        Layer = new AttentionHeads("latent", heads, heads,
        [
            new HeadSlice(_query, HeadSide.Query, 0, own, own + shared),
            new HeadSlice(_query, HeadSide.QueryOfSharedKey, own, shared, own + shared),
            new HeadSlice(_key, HeadSide.Key, 0, own, own + value),
        ]);
    }

    public int Heads { get; }

    public AttentionHeads Layer { get; }

    public List<double> Logits(int head)
    {
        (int own, int shared, int value, _, int time) = _size;
        var logits = new List<double>();
        for (int query = 0; query < time; query++)
        {
            for (int key = 0; key <= query; key++)
            {
                double sum = 0;
                for (int i = 0; i < own + shared; i++)
                {
                    double q = Project(_query.Weights.Span, (head * (own + shared)) + i, query);
                    sum += q * (i < own ? Project(_key.Weights.Span, (head * (own + value)) + i, key) : Project(_sharedKey, i - own, key));
                }

                logits.Add(sum / Math.Sqrt(own + shared));
            }
        }

        return logits;
    }

    public float[] Values() => [.. _query.Weights.Span.ToArray(), .. _key.Weights.Span.ToArray()];

    private double Project(ReadOnlySpan<float> weights, int output, int position)
    {
        double sum = 0;
        for (int i = 0; i < _size.Width; i++)
        {
            sum += (double)weights[(output * _size.Width) + i] * _input[(position * _size.Width) + i];
        }

        return sum;
    }
}
