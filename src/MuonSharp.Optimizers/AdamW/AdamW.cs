using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>Adam with decoupled weight decay.</summary>
/// <remarks>
/// <code>
/// m &lt;- b1 m + (1 - b1) g
/// v &lt;- b2 v + (1 - b2) g²
/// u  = (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)
/// p &lt;- p - (lr u + lr wd p)                            one rounding of the weight
/// </code>
/// <para>Variants: epsilon before the correction (<see cref="AdamWEpsilon"/>), Nesterov's look-ahead (<see cref="AdamWOptions.Nesterov"/>).</para>
/// <para>t counts the parameter's own updates. Moments below the smallest normal float32 are flushed to zero. A finite gradient never
/// makes a moment infinite: its square is held at the greatest float32.</para>
/// <para>Cost: one pass over weights, gradients and both moments, 28 bytes an element. Memory: two floats an element.</para>
/// <para>Source: Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019; order and epsilon as torch.optim.AdamW.</para>
/// </remarks>
public sealed class AdamW : ElementwiseOptimizer<AdamWRule, AdamWOptions>
{
    /// <summary>AdamW over groups with options of their own.</summary>
    /// <param name="groups">At least one; the options are <see cref="AdamWOptions"/>.</param>
    /// <param name="step">Length of the run and clipping; null: no end, no clipping.</param>
    /// <param name="team">The workers; null: the optimizer starts a team of its own on all cores.</param>
    /// <exception cref="OptimizerOptionsException">Options, groups or parameters are wrong; all problems are named.</exception>
    public AdamW(IReadOnlyList<ParameterGroup> groups, StepOptions? step = null, WorkerTeam? team = null)
        : base(groups, step, team)
    {
    }

    /// <summary>AdamW over parameters that share their options.</summary>
    /// <param name="parameters">At least one.</param>
    /// <param name="options">The options; null: torch's, without decay.</param>
    /// <param name="step">Length of the run and clipping.</param>
    /// <param name="team">The workers; null: a team of the optimizer's own.</param>
    /// <exception cref="OptimizerOptionsException">Options or parameters are wrong; all problems are named.</exception>
    public AdamW(IReadOnlyList<Parameter> parameters, AdamWOptions? options = null, StepOptions? step = null, WorkerTeam? team = null)
        : this([new ParameterGroup("adamw", parameters, options ?? new AdamWOptions())], step, team)
    {
    }

    /// <summary>AdamW as it is usually written down.</summary>
    /// <param name="parameters">At least one.</param>
    /// <param name="learningRate">Step size, &gt;= 0.</param>
    /// <param name="beta1">Decay of the first moment.</param>
    /// <param name="beta2">Decay of the second moment.</param>
    /// <param name="epsilon">Added to the root of the second moment.</param>
    /// <param name="weightDecay">Decoupled decay.</param>
    /// <exception cref="OptimizerOptionsException">A number or a parameter is wrong; all problems are named.</exception>
    public AdamW(
        IEnumerable<Parameter> parameters, double learningRate, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double weightDecay = 0)
        : this([.. parameters], new AdamWOptions
        {
            LearningRate = learningRate,
            Beta1 = beta1,
            Beta2 = beta2,
            Epsilon = epsilon,
            WeightDecay = weightDecay,
        })
    {
    }

    /// <summary>AdamW as it is written down where both decays are one argument: <c>betas: (0.9f, 0.95f)</c>.</summary>
    /// <param name="parameters">At least one.</param>
    /// <param name="learningRate">Step size, &gt;= 0.</param>
    /// <param name="betas">Decay of the first moment and of the second.</param>
    /// <param name="epsilon">Added to the root of the second moment.</param>
    /// <param name="weightDecay">Decoupled decay.</param>
    /// <exception cref="OptimizerOptionsException">A number or a parameter is wrong; all problems are named.</exception>
    public AdamW(
        IEnumerable<Parameter> parameters, double learningRate, (double First, double Second) betas, double epsilon = 1e-8, double weightDecay = 0)
        : this(parameters, learningRate, betas.First, betas.Second, epsilon, weightDecay)
    {
    }
}

/// <summary>The AdamW update of sixteen elements.</summary>
public readonly struct AdamWRule : IElementRule<AdamWRule, AdamWOptions>
{
    private readonly AdamWCoefficients _c;

    private AdamWRule(AdamWCoefficients coefficients) => _c = coefficients;

    /// <inheritdoc/>
    public static int States => 2;

    /// <inheritdoc/>
    public static string StateName(int state) => state == 0 ? "first_moment" : "second_moment";

    /// <inheritdoc/>
    public static AdamWRule Create(AdamWOptions options, in StepValues values, long count) => new(AdamWCoefficients.At(options, values, count));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Change<L, V>(V gradient, V weight, ref V first, ref V second)
        where L : struct, ILanes<V>
        where V : struct
    {
        V square = L.Min(L.Multiply(gradient, gradient), L.Broadcast(float.MaxValue));
        first = StateFlush.Of<L, V>(L.MultiplyAdd(L.Broadcast(_c.KeepFirst), first, L.Multiply(L.Broadcast(_c.GainFirst), gradient)));
        second = StateFlush.Of<L, V>(L.MultiplyAdd(L.Broadcast(_c.KeepSecond), second, L.Multiply(L.Broadcast(_c.GainSecond), square)));
        V root = L.MultiplyAdd(L.Sqrt(second), L.Broadcast(_c.Root), L.Broadcast(_c.Epsilon));
        V direction = L.MultiplyAdd(L.Broadcast(_c.Look), gradient, L.Multiply(first, L.Broadcast(_c.Step)));
        return L.MultiplyAdd(L.Broadcast(_c.Decay), weight, L.Divide(direction, root));
    }
}

/// <summary>One step's constants of the update p &lt;- p - ((step·m + look·g) / (root·sqrt(v) + eps) + decay·p), rounded to float32 once.</summary>
internal readonly record struct AdamWCoefficients(
    float KeepFirst, float GainFirst, float KeepSecond, float GainSecond, float Step, float Look, float Root, float Epsilon, float Decay)
{
    /// <summary>Both moments are corrected for their start at zero; epsilon before the correction means that the step carries both.</summary>
    public static AdamWCoefficients At(AdamWOptions options, in StepValues values, long count)
    {
        double beta1 = values.Momentum;
        double learningRate = values.LearningRate;
        double first = 1 - IntegerPower.Of(beta1, count);
        double root = Math.Sqrt(1 - IntegerPower.Of(options.Beta2, count));
        double rate = options.EpsilonPlace == AdamWEpsilon.BeforeCorrection ? learningRate * root : learningRate;
        return new AdamWCoefficients(
            (float)beta1,
            (float)(1 - beta1),
            (float)options.Beta2,
            (float)(1 - options.Beta2),
            (float)(options.Nesterov ? rate * beta1 / (1 - IntegerPower.Of(beta1, count + 1)) : rate / first),
            (float)(options.Nesterov ? rate * (1 - beta1) / first : 0),
            options.EpsilonPlace == AdamWEpsilon.BeforeCorrection ? 1 : (float)(1 / root),
            (float)options.Epsilon,
            (float)(learningRate * values.WeightDecay));
    }
}

/// <summary>A power by repeated squaring: multiplications alone, so bias corrections are the same on every machine.</summary>
internal static class IntegerPower
{
    /// <summary>value to the power of exponent, at most 2 log2(exponent) roundings.</summary>
    public static double Of(double value, long exponent)
    {
        double result = 1;
        for (; exponent > 0; exponent >>= 1, value *= value)
        {
            if ((exponent & 1) == 1)
            {
                result *= value;
            }
        }

        return result;
    }
}
