namespace MuonSharp.Nn.Tests.Reference;

/// <summary>
/// Causal attention: head h of query i looks at the keys j with max(0, i - window + 1) &lt;= j &lt;= i of the group h / (heads / groups). Given
/// positions, none of another document: one ends where the next position is not one higher.
/// logit = q.k / sqrt(headWidth); y = softmax(logits) V.
/// </summary>
internal sealed record ReferenceAttention(int Batch, int Time, int Heads, int Groups, int HeadWidth, int? Window = null, int? ValueWidth = null)
{
    /// <summary>Of each token [batch * time]; null for one document a sequence.</summary>
    public int[]? Positions { get; init; }

    private int Values => ValueWidth ?? HeadWidth;

    /// <param name="q">[batch * time, heads * headWidth].</param>
    /// <param name="k">[batch * time, groups * headWidth].</param>
    /// <param name="v">[batch * time, groups * valueWidth].</param>
    /// <returns>The output [batch * time, heads * valueWidth], and each head's greatest visible logit.</returns>
    public (double[] Output, double[] MaximumLogits) Forward(double[] q, double[] k, double[] v)
    {
        double[] y = new double[Batch * Time * Heads * Values];
        double[] maximum = new double[Heads];
        Array.Fill(maximum, double.NegativeInfinity);
        ForEachQuery((batch, head, i) =>
        {
            double[] logits = Logits(q, k, batch, head, i);
            foreach (double logit in logits) maximum[head] = Math.Max(maximum[head], logit);
            double[] p = Softmax(logits);
            for (int j = 0; j < p.Length; j++)
                for (int d = 0; d < Values; d++)
                    y[OutputAt(batch, head, i) + d] += p[j] * v[ValueAt(batch, head, First(batch, i) + j) + d];
        });
        return (y, maximum);
    }

    /// <summary>dP = dy Vᵀ; dS = P (dP - sum(P dP)); dq = dS k / sqrt(d); dk = dSᵀ q / sqrt(d); dv = Pᵀ dy.</summary>
    public (double[] Q, double[] K, double[] V) Backward(double[] dy, double[] q, double[] k, double[] v)
    {
        double[] dq = new double[q.Length], dk = new double[k.Length], dv = new double[v.Length];
        double scale = 1 / Math.Sqrt(HeadWidth);
        ForEachQuery((batch, head, i) =>
        {
            double[] p = Softmax(Logits(q, k, batch, head, i));
            double[] dp = new double[p.Length];
            double dot = 0;
            int query = QueryAt(batch, head, i), output = OutputAt(batch, head, i);
            for (int j = 0; j < p.Length; j++)
            {
                for (int d = 0; d < Values; d++) dp[j] += dy[output + d] * v[ValueAt(batch, head, First(batch, i) + j) + d];
                dot += p[j] * dp[j];
            }

            for (int j = 0; j < p.Length; j++)
            {
                int key = KeyAt(batch, head, First(batch, i) + j), value = ValueAt(batch, head, First(batch, i) + j);
                double ds = p[j] * (dp[j] - dot) * scale;
                for (int d = 0; d < HeadWidth; d++)
                {
                    dq[query + d] += ds * k[key + d];
                    dk[key + d] += ds * q[query + d];
                }

                for (int d = 0; d < Values; d++) dv[value + d] += p[j] * dy[output + d];
            }
        });
        return (dq, dk, dv);
    }

    private void ForEachQuery(Action<int, int, int> body)
    {
        for (int batch = 0; batch < Batch; batch++)
            for (int head = 0; head < Heads; head++)
                for (int i = 0; i < Time; i++)
                    body(batch, head, i);
    }

    private int First(int batch, int i)
    {
        int first = i;
        while (first > 0 && (Window is null || i - first + 1 < Window) && Continues((batch * Time) + first)) first--;
        return first;
    }

    private bool Continues(int token) => Positions is null || Positions[token] == Positions[token - 1] + 1;

    private int QueryAt(int batch, int head, int i) => ((((batch * Time) + i) * Heads) + head) * HeadWidth;

    private int OutputAt(int batch, int head, int i) => ((((batch * Time) + i) * Heads) + head) * Values;

    private int KeyAt(int batch, int head, int j) => ((((batch * Time) + j) * Groups) + (head / (Heads / Groups))) * HeadWidth;

    private int ValueAt(int batch, int head, int j) => ((((batch * Time) + j) * Groups) + (head / (Heads / Groups))) * Values;

    private double[] Logits(double[] q, double[] k, int batch, int head, int i)
    {
        double[] logits = new double[i - First(batch, i) + 1];
        for (int j = 0; j < logits.Length; j++)
        {
            double dot = 0;
            for (int d = 0; d < HeadWidth; d++) dot += q[QueryAt(batch, head, i) + d] * k[KeyAt(batch, head, First(batch, i) + j) + d];
            logits[j] = dot / Math.Sqrt(HeadWidth);
        }

        return logits;
    }

    private static double[] Softmax(double[] logits)
    {
        double maximum = logits.Max(), sum = 0;
        double[] p = new double[logits.Length];
        for (int j = 0; j < p.Length; j++) sum += p[j] = Math.Exp(logits[j] - maximum);
        for (int j = 0; j < p.Length; j++) p[j] /= sum;
        return p;
    }
}
