namespace MuonSharp.Optimizers;

/// <summary>One step's constants of the update p &lt;- p - ((step·m + look·g) / (root·sqrt(v) + eps) + decay·p), rounded to float32 once.</summary>
internal readonly record struct AdamWCoefficients(
    float KeepFirst, float GainFirst, float KeepSecond, float GainSecond, float Step, float Look, float Root, float Epsilon, float Decay)
{
    /// <summary>Both moments are corrected for their start at zero; epsilon before the correction means that the step carries both.</summary>
    public static AdamWCoefficients At(AdamWOptions options, ParameterSlot slot)
    {
        double beta1 = slot.Group.Report.Momentum;
        double learningRate = slot.Group.Report.LearningRate;
        double first = 1 - IntegerPower.Of(beta1, slot.Count);
        double root = Math.Sqrt(1 - IntegerPower.Of(options.Beta2, slot.Count));
        double rate = options.EpsilonPlace == AdamWEpsilon.BeforeCorrection ? learningRate * root : learningRate;
        return new AdamWCoefficients(
            (float)beta1,
            (float)(1 - beta1),
            (float)options.Beta2,
            (float)(1 - options.Beta2),
            (float)(options.Nesterov ? rate * beta1 / (1 - IntegerPower.Of(beta1, slot.Count + 1)) : rate / first),
            (float)(options.Nesterov ? rate * (1 - beta1) / first : 0),
            options.EpsilonPlace == AdamWEpsilon.BeforeCorrection ? 1 : (float)(1 / root),
            (float)options.Epsilon,
            (float)(learningRate * slot.WeightDecay));
    }
}
