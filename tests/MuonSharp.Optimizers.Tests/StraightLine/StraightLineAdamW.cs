namespace MuonSharp.Optimizers.Tests;

/// <summary>AdamW in the variants of four references: decay first, then the step.</summary>
internal sealed class StraightLineAdamW(StraightLineAdamW.Formula formula, float[] start) : StraightLineOptimizer(start)
{
    private readonly double[] _first = new double[start.Length];
    private readonly double[] _second = new double[start.Length];
    private int _t;

    public static IReadOnlyDictionary<string, Formula> Formulas { get; } = new Dictionary<string, Formula>(StringComparer.Ordinal)
    {
        ["torch"] = new(1e-3, 0.01, 0.9, 0.999, 1e-8),
        ["keller-jordan"] = new(3e-4, 0, 0.9, 0.95, 1e-10) { MissingIsZero = true },
        ["moonlight"] = new(1e-3, 0.1, 0.9, 0.95, 1e-8) { EpsilonBeforeCorrection = true },
        ["optax"] = new(1e-3, 0, 0.9, 0.999, 1e-8) { Nesterov = true, MissingIsZero = true },
    };

    public override (double LearningRate, double WeightDecay, double Momentum) Standard => (formula.LearningRate, formula.WeightDecay, formula.Beta1);

    public override void Step(float[]? gradient, double learningRate, double weightDecay, double momentum)
    {
        if (gradient is null && !formula.MissingIsZero)
        {
            return;
        }

        _t++;
        double b1 = momentum, b2 = formula.Beta2;
        double first = 1 - Math.Pow(b1, _t), second = 1 - Math.Pow(b2, _t);
        for (int i = 0; i < Weights.Length; i++)
        {
            double g = gradient is null ? 0 : gradient[i];
            Weights[i] *= 1 - (learningRate * weightDecay);
            _first[i] = (b1 * _first[i]) + ((1 - b1) * g);
            _second[i] = (b2 * _second[i]) + ((1 - b2) * g * g);
            double ahead = formula.Nesterov ? (b1 * _first[i] / (1 - Math.Pow(b1, _t + 1))) + ((1 - b1) * g / first) : _first[i] / first;
            Weights[i] -= formula.EpsilonBeforeCorrection
                ? learningRate * Math.Sqrt(second) / first * _first[i] / (formula.Epsilon + Math.Sqrt(_second[i]))
                : learningRate * ahead / (Math.Sqrt(_second[i] / second) + formula.Epsilon);
        }
    }

    /// <summary>What a reference fixes.</summary>
    internal sealed record Formula(double LearningRate, double WeightDecay, double Beta1, double Beta2, double Epsilon)
    {
        public bool Nesterov { get; init; }

        public bool EpsilonBeforeCorrection { get; init; }

        public bool MissingIsZero { get; init; }
    }
}
