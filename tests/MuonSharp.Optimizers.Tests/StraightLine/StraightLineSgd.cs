namespace MuonSharp.Optimizers.Tests;

/// <summary>torch.optim.SGD without dampening: the first momentum is the gradient itself.</summary>
internal sealed class StraightLineSgd(bool nesterov, float[] start) : StraightLineOptimizer(start)
{
    private double[]? _momentum;

    public override (double LearningRate, double WeightDecay, double Momentum) Standard => (1e-3, 0, 0);

    public override void Step(float[]? gradient, double learningRate, double weightDecay, double momentum)
    {
        if (gradient is null)
        {
            return;
        }

        bool first = _momentum is null;
        _momentum ??= new double[Weights.Length];
        for (int i = 0; i < Weights.Length; i++)
        {
            double g = gradient[i] + (weightDecay * Weights[i]);
            _momentum[i] = first ? g : (momentum * _momentum[i]) + g;
            Weights[i] -= learningRate * (nesterov ? g + (momentum * _momentum[i]) : _momentum[i]);
        }
    }
}
