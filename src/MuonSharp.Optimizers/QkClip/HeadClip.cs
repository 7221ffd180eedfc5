namespace MuonSharp.Optimizers;

/// <summary>What the clip knows of one head after a step.</summary>
/// <param name="Layer">The layer's number, from 0.</param>
/// <param name="Head">The query head's number in the layer, from 0.</param>
/// <param name="MaximumLogit">S: the greatest scaled, visible logit of the step, over all micro-batches; -∞ when none was observed.</param>
/// <param name="Factor">γ: what the step's clip multiplied the head's logits with; 1 when it did not fire.</param>
/// <param name="AccumulatedFactor">The product of all γ since the run began.</param>
/// <param name="Clips">How often the head was clipped since the run began.</param>
public readonly record struct HeadClip(int Layer, int Head, float MaximumLogit, double Factor, double AccumulatedFactor, long Clips);
