using System.Numerics;
using MuonSharp.Nn;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Training.Tests.Tasks;

/// <summary>A task of the smallest kind: a line through points, its gradient by hand.</summary>
internal sealed class LineTask : ITrainingTask
{
    private readonly Model _model;
    private readonly Parameter _slope;
    private readonly int _width;

    public LineTask(int width = 4, string kind = "line", string data = "points-1")
    {
        ModelBuilder builder = new(seed: 3);
        _slope = builder.Parameter("slope", [width], ParameterRole.Gain, Initializers.Zeros);
        _model = builder.Build(new WorkerTeam(1));
        (_width, Kind, DataIdentity) = (width, kind, data);
    }

    public ParameterStore Parameters => _model.Parameters;

    public WorkerTeam Team => _model.Team;

    public string Kind { get; }

    public string Unit => "points";

    public long UnitsPerMicroBatch => 1;

    public IReadOnlyList<(string Name, string Value)> Facts => [("data", "points on a line")];

    public string DataIdentity { get; }

    /// <summary>What happens while a sample is made.</summary>
    public Action<long, CancellationToken>? Sampling { get; init; }

    /// <summary>What happens while an evaluation is made.</summary>
    public Action<CancellationToken>? Evaluating { get; init; }

    /// <summary>Whether ranks share an evaluation; a weight is a part.</summary>
    public bool SharesEvaluation { get; init; }

    /// <summary>What an evaluation says in place of the loss.</summary>
    public Func<double, double>? Evaluated { get; init; }

    /// <summary>What a step's gradient and loss are multiplied with.</summary>
    public Func<long, float>? Factor { get; init; }

    public double Run(long step, int microBatch, float gradientScale)
    {
        float factor = Factor?.Invoke(step) ?? 1;
        double loss = 0;
        for (int i = 0; i < _width; i++)
        {
            float miss = _slope.Weights.Span[i] - ((i + 1) * BitOperations.PopCount((ulong)(step + microBatch)) / 4f);
            _slope.Gradient.Span[i] += 2 * miss * gradientScale * factor;
            loss += miss * miss * factor;
        }

        return loss;
    }

    public Training.Evaluation? Evaluate(CancellationToken cancellation)
    {
        Evaluating?.Invoke(cancellation);
        double loss = 0;
        foreach (float slope in _slope.Weights.Span)
        {
            loss += (slope - 1) * (slope - 1);
        }

        return Found(loss);
    }

    public EvaluationParts? PartsOfEvaluation(long step) => !SharesEvaluation ? null : new(
        _width,
        1,
        (part, numbers, cancellation) =>
        {
            Evaluating?.Invoke(cancellation);
            float slope = _slope.Weights.Span[part];
            numbers[0] = (slope - 1) * (slope - 1);
        },
        numbers =>
        {
            double loss = 0;
            foreach (double one in numbers)
            {
                loss += one;
            }

            return Found(loss);
        });

    private Training.Evaluation Found(double loss) =>
        new(new EvaluationNumber("distance", Evaluated?.Invoke(loss) ?? loss), new EvaluationNumber("weights", _width, HigherIsBetter: true));

    public TrainingSample? Sample(long step, CancellationToken cancellation)
    {
        Sampling?.Invoke(step, cancellation);
        return new TrainingSample($"slope {_slope.Weights.Span[0]:R}");
    }

    public void Dispose()
    {
        _model.Dispose();
        Team.Dispose();
    }
}
