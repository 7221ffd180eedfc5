using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>Lion: the sign of a momentum, so that every weight moves by the learning rate. The defaults are the paper's: learning rate 1e-4, betas (0.9, 0.99), no decay.</summary>
/// <remarks>
/// <code>
/// u = sign(b1 m + (1 - b1) g)        sign(0) = 0
/// p &lt;- p - (lr u + lr wd p)          one rounding of the weight
/// m &lt;- b2 m + (1 - b2) g
/// </code>
/// <para>Its learning rate is 3 to 10 times smaller than AdamW's, its decay as many times greater.</para>
/// <para>Cost: one pass over weights, gradient and momentum, 20 bytes an element. Memory: one float an element.</para>
/// <para>Source: Chen et al., "Symbolic discovery of optimization algorithms", arXiv 2302.06675, algorithm 2.</para>
/// </remarks>
public sealed record LionOptions() : ElementwiseOptions<LionRule, LionOptions>(1e-4)
{
    /// <inheritdoc/>
    public override string OptimizerName => "lion";

    /// <summary>The momentum's share of the direction, in [0, 1), a number or a schedule, default 0.9.</summary>
    public Schedule Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the momentum, in [0, 1), default 0.99.</summary>
    public double Beta2 { get; init; } = 0.99;

    /// <inheritdoc/>
    protected internal override Schedule MomentumSchedule => Beta1;

    /// <inheritdoc/>
    protected internal override void Validate(OptionsProblems problems)
    {
        base.Validate(problems);
        problems.Schedule("beta1", Beta1, 1);
        problems.Require(Beta2 is >= 0 and < 1, $"beta2 must be in [0, 1), not {Beta2}");
    }
}

/// <summary>The Lion update of sixteen elements.</summary>
public readonly struct LionRule : IElementRule<LionRule, LionOptions>
{
    private readonly double _beta1;
    private readonly double _beta2;
    private readonly float _rate;
    private readonly float _decay;

    private LionRule(LionOptions options, in StepValues values)
    {
        (_beta1, _beta2) = (values.Momentum, options.Beta2);
        (_rate, _decay) = ((float)values.LearningRate, (float)(values.LearningRate * values.WeightDecay));
    }

    /// <inheritdoc/>
    public static int States => 1;

    /// <inheritdoc/>
    public static LionRule Create(LionOptions options, in StepValues values, long count) => new(options, values);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Change<L, V>(V gradient, V weight, ref V first, ref V second)
        where L : struct, ILanes<V>
        where V : struct
    {
        V zero = L.Broadcast(0);
        V mixed = Mix<L, V>(_beta1, first, gradient);
        V step = L.Choose(L.LessThan(zero, L.Abs(mixed)), L.CopySign(L.Broadcast(_rate), mixed), zero);
        first = StateFlush.Of<L, V>(Mix<L, V>(_beta2, first, gradient));
        return L.MultiplyAdd(L.Broadcast(_decay), weight, step);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Mix<L, V>(double beta, V momentum, V gradient)
        where L : struct, ILanes<V>
        where V : struct =>
        L.MultiplyAdd(L.Broadcast((float)beta), momentum, L.Multiply(L.Broadcast((float)(1 - beta)), gradient));
}
