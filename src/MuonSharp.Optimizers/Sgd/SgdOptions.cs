using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>Stochastic gradient descent with momentum, Nesterov's look-ahead and coupled decay. The defaults are torch's: learning rate 1e-3, no momentum, no decay.</summary>
/// <remarks>
/// <code>
/// d = g + wd p
/// m &lt;- mu m + d                  starts at zero, so the first m is d
/// u = d + mu m with Nesterov, else m
/// p &lt;- p - lr u
/// </code>
/// <para>The decay is part of the gradient, so it passes through the momentum: not the decoupled decay of the other optimizers.</para>
/// <para>Cost: one pass over weights, gradient and momentum, 20 bytes an element. Memory: one float an element.</para>
/// <para>Source: torch.optim.SGD of PyTorch 2.14, without dampening.</para>
/// </remarks>
public sealed record SgdOptions() : ElementwiseOptions<SgdRule, SgdOptions>(0.001)
{
    /// <inheritdoc/>
    public override string OptimizerName => "sgd";

    /// <summary>Momentum in [0, 1), a number or a schedule, default 0.</summary>
    public Schedule Momentum { get; init; } = 0;

    /// <summary>Whether the direction looks ahead by one gradient, default false.</summary>
    public bool Nesterov { get; init; }

    /// <inheritdoc/>
    protected internal override Schedule MomentumSchedule => Momentum;

    /// <inheritdoc/>
    protected internal override void Validate(OptionsProblems problems)
    {
        base.Validate(problems);
        problems.Schedule("momentum", Momentum, 1);
    }
}

/// <summary>The SGD update of sixteen elements.</summary>
public readonly struct SgdRule : IElementRule<SgdRule, SgdOptions>
{
    private readonly float _momentum;
    private readonly float _rate;
    private readonly float _decay;
    private readonly bool _nesterov;

    private SgdRule(SgdOptions options, in StepValues values)
    {
        (_momentum, _rate, _decay) = ((float)values.Momentum, (float)values.LearningRate, (float)values.WeightDecay);
        _nesterov = options.Nesterov;
    }

    /// <inheritdoc/>
    public static int States => 1;

    /// <inheritdoc/>
    public static SgdRule Create(SgdOptions options, in StepValues values, long count) => new(options, values);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Change<L, V>(V gradient, V weight, ref V first, ref V second)
        where L : struct, ILanes<V>
        where V : struct
    {
        V momentum = L.Broadcast(_momentum);
        V direction = L.MultiplyAdd(L.Broadcast(_decay), weight, gradient);
        first = StateFlush.Of<L, V>(L.MultiplyAdd(momentum, first, direction));
        return L.Multiply(L.Broadcast(_rate), _nesterov ? L.MultiplyAdd(momentum, first, direction) : first);
    }
}
