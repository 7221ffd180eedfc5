namespace MuonSharp.Nn.Tests.Reference;

/// <summary>
/// Mean over the counted positions of log(sum exp(logits)) - logits[target], logits = x Wᵀ with W [vocabulary, width].
/// A target below zero is not counted; when none counts, loss and gradients are 0.
/// </summary>
internal static class ReferenceCrossEntropy
{
    public static double Loss(double[] logits, int[] targets, int vocabulary)
    {
        double sum = 0;
        for (int t = 0; t < targets.Length; t++)
        {
            if (targets[t] < 0) continue;
            sum += LogOfSum(logits, t, vocabulary) - logits[(t * vocabulary) + targets[t]];
        }

        return sum / Math.Max(1, targets.Count(target => target >= 0));
    }

    /// <summary>d loss / d logits = (softmax - one at the target) / counted positions.</summary>
    public static double[] Backward(double[] logits, int[] targets, int vocabulary)
    {
        double[] gradient = new double[logits.Length];
        int counted = Math.Max(1, targets.Count(target => target >= 0));
        for (int t = 0; t < targets.Length; t++)
        {
            if (targets[t] < 0) continue;
            double log = LogOfSum(logits, t, vocabulary);
            for (int v = 0; v < vocabulary; v++)
            {
                double probability = Math.Exp(logits[(t * vocabulary) + v] - log);
                gradient[(t * vocabulary) + v] = (probability - (v == targets[t] ? 1 : 0)) / counted;
            }
        }

        return gradient;
    }

    private static double LogOfSum(double[] logits, int token, int vocabulary)
    {
        double maximum = double.NegativeInfinity, sum = 0;
        for (int v = 0; v < vocabulary; v++) maximum = Math.Max(maximum, logits[(token * vocabulary) + v]);
        for (int v = 0; v < vocabulary; v++) sum += Math.Exp(logits[(token * vocabulary) + v] - maximum);
        return maximum + Math.Log(sum);
    }
}
