using MuonSharp.Numerics;

namespace MuonSharp.Optimizers.Tests;

/// <summary>An optimizer that a user wrote, one struct and one options record: momentum whose step is bounded softly, p &lt;- p - (lr m / (1 + |m|) + lr wd p).</summary>
internal sealed record SoftOptions() : ElementwiseOptions<SoftRule, SoftOptions>(learningRate: 0.01)
{
    public override string OptimizerName => "soft";

    public Schedule Momentum { get; init; } = 0.9;

    protected internal override Schedule MomentumSchedule => Momentum;

    protected internal override void Validate(OptionsProblems problems)
    {
        base.Validate(problems);
        problems.Schedule("momentum", Momentum, 1);
    }
}

/// <summary>Its update.</summary>
internal readonly struct SoftRule(float keep, float rate, float decay) : IElementRule<SoftRule, SoftOptions>
{
    public static int States => 1;

    public static SoftRule Create(SoftOptions options, in StepValues values, long count) =>
        new((float)values.Momentum, (float)values.LearningRate, (float)(values.LearningRate * values.WeightDecay));

    public V Change<L, V>(V gradient, V weight, ref V first, ref V second)
        where L : struct, ILanes<V>
        where V : struct
    {
        first = StateFlush.Of<L, V>(L.MultiplyAdd(L.Broadcast(keep), first, gradient));
        V step = L.Divide(L.Multiply(L.Broadcast(rate), first), L.Add(L.Broadcast(1), L.Abs(first)));
        return L.MultiplyAdd(L.Broadcast(decay), weight, step);
    }
}

/// <summary>An optimizer without state: p &lt;- p - (lr g + lr wd p).</summary>
internal sealed record PlainOptions() : ElementwiseOptions<PlainRule, PlainOptions>(learningRate: 0.1)
{
    public override string OptimizerName => "plain";
}

/// <summary>Its update.</summary>
internal readonly struct PlainRule(float rate, float decay) : IElementRule<PlainRule, PlainOptions>
{
    public static int States => 0;

    public static PlainRule Create(PlainOptions options, in StepValues values, long count) => new((float)values.LearningRate, (float)(values.LearningRate * values.WeightDecay));

    public V Change<L, V>(V gradient, V weight, ref V first, ref V second)
        where L : struct, ILanes<V>
        where V : struct => L.MultiplyAdd(L.Broadcast(rate), gradient, L.Multiply(L.Broadcast(decay), weight));
}

/// <summary>The formula of <see cref="SoftRule"/> in double.</summary>
internal sealed class StraightLineSoft(float[] start) : StraightLineOptimizer(start)
{
    private readonly double[] _momentum = new double[start.Length];

    public override (double LearningRate, double WeightDecay, double Momentum) Standard => (0.01, 0, 0.9);

    public override void Step(float[]? gradient, double learningRate, double weightDecay, double momentum)
    {
        for (int i = 0; gradient is not null && i < Weights.Length; i++)
        {
            _momentum[i] = (momentum * _momentum[i]) + gradient[i];
            Weights[i] -= learningRate * ((_momentum[i] / (1 + Math.Abs(_momentum[i]))) + (weightDecay * Weights[i]));
        }
    }
}

/// <summary>The formula of <see cref="PlainRule"/> in double.</summary>
internal sealed class StraightLinePlain(float[] start) : StraightLineOptimizer(start)
{
    public override (double LearningRate, double WeightDecay, double Momentum) Standard => (0.1, 0, 0);

    public override void Step(float[]? gradient, double learningRate, double weightDecay, double momentum)
    {
        for (int i = 0; gradient is not null && i < Weights.Length; i++)
        {
            Weights[i] -= learningRate * (gradient[i] + (weightDecay * Weights[i]));
        }
    }
}
