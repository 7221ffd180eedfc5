namespace MuonSharp.Nn;

/// <summary>What attention returns.</summary>
/// <param name="Output">The heads' outputs side by side, [batch·time, heads·headWidth].</param>
/// <param name="MaximumLogits">Each head's largest scaled logit that is not masked, over the whole batch, [1, heads]: what QK-clip
/// needs. Kept: readable after a run.</param>
public sealed record AttentionResult(Tensor Output, Tensor MaximumLogits);
