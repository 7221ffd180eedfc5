namespace MuonSharp.Optimizers.Tests;

/// <summary>Lion (arXiv 2302.06675, algorithm 2): the sign of a blend, decay decoupled.</summary>
internal sealed class StraightLineLion(float[] start) : StraightLineOptimizer(start)
{
    private const double Beta2 = 0.99;

    private readonly double[] _momentum = new double[start.Length];

    public override (double LearningRate, double WeightDecay, double Momentum) Standard => (1e-4, 0, 0.9);

    public override void Step(float[]? gradient, double learningRate, double weightDecay, double momentum)
    {
        if (gradient is null)
        {
            return;
        }

        for (int i = 0; i < Weights.Length; i++)
        {
            double sign = Math.Sign((momentum * _momentum[i]) + ((1 - momentum) * gradient[i]));
            Weights[i] -= learningRate * (sign + (weightDecay * Weights[i]));
            _momentum[i] = (Beta2 * _momentum[i]) + ((1 - Beta2) * gradient[i]);
        }
    }
}
