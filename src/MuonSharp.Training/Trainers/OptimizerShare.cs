namespace MuonSharp.Training;

/// <summary>What one optimizer takes care of.</summary>
/// <param name="Optimizer">Its name: <c>muon</c>, <c>adamw</c>.</param>
/// <param name="Tensors">Number of parameters.</param>
/// <param name="Weights">Number of weights in them.</param>
/// <param name="LearningRate">Peak learning rate.</param>
public sealed record OptimizerShare(string Optimizer, int Tensors, long Weights, double LearningRate);
