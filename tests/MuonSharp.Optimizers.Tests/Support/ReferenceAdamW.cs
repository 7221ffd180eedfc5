namespace MuonSharp.Optimizers.Tests;

/// <summary>AdamW in double precision, by one plain loop in torch's order.</summary>
internal sealed class ReferenceAdamW(double[] weights)
{
    private readonly double[] _first = new double[weights.Length];
    private readonly double[] _second = new double[weights.Length];
    private int _count;

    public double[] Weights { get; } = weights;

    public void Step(
        ReadOnlySpan<float> gradient, double learningRate, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double weightDecay = 0)
    {
        _count++;
        for (int i = 0; i < Weights.Length; i++)
        {
            double g = gradient.IsEmpty ? 0 : gradient[i];
            Weights[i] *= 1 - (learningRate * weightDecay);
            _first[i] = (beta1 * _first[i]) + ((1 - beta1) * g);
            _second[i] = (beta2 * _second[i]) + ((1 - beta2) * g * g);
            double first = _first[i] / (1 - Math.Pow(beta1, _count));
            double second = _second[i] / (1 - Math.Pow(beta2, _count));
            Weights[i] -= learningRate * first / (Math.Sqrt(second) + epsilon);
        }
    }
}
