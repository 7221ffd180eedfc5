using MuonSharp.Conformance.Cases;
using MuonSharp.Formats;

namespace MuonSharp.Conformance.Kinds;

/// <summary>The scaled, causally visible logits of a clip's case, straight-line in double: plain or grouped heads, or latent attention.</summary>
/// <param name="file">The case's tensors: the inputs, and the weights that no clip touches.</param>
/// <param name="weights">The weights after the clip.</param>
internal sealed class AttentionLogits(SafetensorsFile file, IReadOnlyDictionary<string, float[]> weights)
{
    private readonly double[][] _hidden = Rows(file.Floats("hidden"), file.Sizes("hidden")[1]);

    /// <summary>Each head's greatest logit.</summary>
    public double[] Maxima(int heads, int keyHeads)
    {
        bool latent = weights.ContainsKey("q_nope.weight");
        double[][] query = latent ? Project(Fixed(_hidden, "q_down"), "q_nope") : Project(_hidden, "q");
        double[][] key = latent ? Project(Fixed(_hidden, "kv_down"), "k_nope") : Project(_hidden, "k");
        double[][] rotaryQuery = latent ? Project(Fixed(_hidden, "q_down"), "q_rope") : [.. _hidden.Select(_ => Array.Empty<double>())];
        double[][] rotaryKey = latent ? Fixed(_hidden, "k_rope.weight") : rotaryQuery;
        int width = query[0].Length / heads, rotaryWidth = rotaryKey[0].Length;
        double[] maxima = [.. Enumerable.Repeat(double.NegativeInfinity, heads)];
        for (int head = 0; head < heads; head++)
        {
            int keyHead = head / (heads / keyHeads);
            for (int i = 0; i < query.Length; i++)
            {
                for (int j = 0; j <= i; j++)
                {
                    double logit = Dot(query[i], head * width, key[j], keyHead * width, width)
                        + Dot(rotaryQuery[i], head * rotaryWidth, rotaryKey[j], 0, rotaryWidth);
                    maxima[head] = Math.Max(maxima[head], logit / Math.Sqrt(width + rotaryWidth));
                }
            }
        }

        return maxima;
    }

    private double[][] Project(double[][] x, string name) =>
        Multiply(x, weights[name + ".weight"], weights.TryGetValue(name + ".bias", out float[]? bias) ? bias : null);

    private double[][] Fixed(double[][] x, string name) => Multiply(x, file.Floats(name), null);

    private static double[][] Multiply(double[][] x, float[] weight, float[]? bias)
    {
        double[][] rows = Rows(weight, x[0].Length);
        return [.. x.Select(input => rows.Select((row, i) => Dot(input, 0, row, 0, row.Length) + (bias?[i] ?? 0)).ToArray())];
    }

    private static double Dot(double[] a, int atA, double[] b, int atB, int length)
    {
        double sum = 0;
        for (int i = 0; i < length; i++) sum += a[atA + i] * b[atB + i];
        return sum;
    }

    private static double[][] Rows(float[] values, int columns) => [.. values.Chunk(columns).Select(row => Array.ConvertAll(row, value => (double)value))];
}
