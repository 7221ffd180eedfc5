namespace MuonSharp.Optimizers.Tests;

/// <summary>Attention whose queries and keys are normalized and then multiplied by gains: of each head's own, or (keys) shared by all.</summary>
internal sealed class NormalizedRig : ILogitRig
{
    private readonly (int KeyHeads, int HeadWidth, int Time) _size;
    private readonly Parameter _queryGain;
    private readonly Parameter _keyGain;
    private readonly float[] _queries;
    private readonly float[] _keys;

    public NormalizedRig(int heads, int keyHeads, int headWidth, int time, bool sharedKeyGain, ulong seed)
    {
        (Heads, _size) = (heads, (keyHeads, headWidth, time));
        _queryGain = AttentionRig.Make("q_norm.weight", [heads * headWidth], null, seed);
        _keyGain = AttentionRig.Make("k_norm.weight", [sharedKeyGain ? headWidth : keyHeads * headWidth], null, seed + 1);
        _queries = Unit(AttentionRig.Normal(time * heads * headWidth, seed + 2), headWidth);
        _keys = Unit(AttentionRig.Normal(time * keyHeads * headWidth, seed + 3), headWidth);
        Layer = AttentionHeads.Normalized("normalized", heads, keyHeads, headWidth, _queryGain, _keyGain);
    }

    public int Heads { get; }

    public AttentionHeads Layer { get; }

    public List<double> Logits(int head)
    {
        (int keyHeads, int width, int time) = _size;
        int keyHead = head / (Heads / keyHeads);
        var logits = new List<double>();
        for (int query = 0; query < time; query++)
        {
            for (int key = 0; key <= query; key++)
            {
                double sum = 0;
                for (int i = 0; i < width; i++)
                {
                    double q = (double)_queries[(((query * Heads) + head) * width) + i] * _queryGain.Weights.Span[(head * width) + i];
                    double k = (double)_keys[(((key * keyHeads) + keyHead) * width) + i] * _keyGain.Weights.Span[((keyHead * width) + i) % _keyGain.Length];
                    sum += q * k;
                }

                logits.Add(sum / Math.Sqrt(width));
            }
        }

        return logits;
    }

    public float[] Values() => [.. _queryGain.Weights.Span.ToArray(), .. _keyGain.Weights.Span.ToArray()];

    /// <summary>Each vector divided by its root mean square.</summary>
    private static float[] Unit(float[] values, int width)
    {
        for (int first = 0; first < values.Length; first += width)
        {
            Span<float> vector = values.AsSpan(first, width);
            double squares = 0;
            foreach (float value in vector)
            {
                squares += (double)value * value / width;
            }

            foreach (ref float value in vector)
            {
                value = (float)(value / Math.Sqrt(squares));
            }
        }

        return values;
    }
}
