namespace MuonSharp.Nn.Tests.Reference;

/// <summary>
/// Rotary embedding, half-split: in each head, the pair (x[i], x[i + d/2]) turns by the angle position * theta^(-2i/d).
/// </summary>
internal static class ReferenceRotary
{
    /// <summary>Turns x [tokens, heads * headWidth]: direction 1 forward, -1 back, which is also the backward of a rotation.</summary>
    public static double[] Turn(double[] x, int[] positions, int heads, int headWidth, double theta, int direction)
    {
        double[] y = new double[x.Length];
        int half = headWidth / 2;
        for (int token = 0; token < positions.Length; token++)
        {
            for (int head = 0; head < heads; head++)
            {
                int at = (token * heads * headWidth) + (head * headWidth);
                for (int i = 0; i < half; i++)
                {
                    double angle = direction * positions[token] * Math.Pow(theta, -2.0 * i / headWidth);
                    double a = x[at + i], b = x[at + i + half];
                    y[at + i] = (a * Math.Cos(angle)) - (b * Math.Sin(angle));
                    y[at + i + half] = (b * Math.Cos(angle)) + (a * Math.Sin(angle));
                }
            }
        }

        return y;
    }
}
