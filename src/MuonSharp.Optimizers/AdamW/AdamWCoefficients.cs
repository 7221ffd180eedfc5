namespace MuonSharp.Optimizers;

/// <summary>One step's constants of the update p &lt;- p - (step·m / (root·sqrt(v) + eps) + decay·p), rounded to float32 once.</summary>
internal readonly record struct AdamWCoefficients(
    float KeepFirst, float GainFirst, float KeepSecond, float GainSecond, float Step, float Root, float Epsilon, float Decay)
{
    /// <summary>The torch order: both moments are corrected for their start at zero, epsilon is added after.</summary>
    public static AdamWCoefficients At(AdamWOptions options, GroupReport report, long count)
    {
        double beta1 = report.Momentum;
        return new AdamWCoefficients(
            (float)beta1,
            (float)(1 - beta1),
            (float)options.Beta2,
            (float)(1 - options.Beta2),
            (float)(report.LearningRate / (1 - IntegerPower.Of(beta1, count))),
            (float)(1 / Math.Sqrt(1 - IntegerPower.Of(options.Beta2, count))),
            (float)options.Epsilon,
            (float)(report.LearningRate * report.WeightDecay));
    }
}
