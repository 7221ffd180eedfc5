using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>The sign of a momentum: every weight moves by the learning rate.</summary>
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
public sealed class Lion : Optimizer
{
    private readonly ElementPass<Rule> _pass;

    /// <summary>Lion over groups with options of their own.</summary>
    /// <param name="groups">At least one; the options are <see cref="Options"/>.</param>
    /// <param name="step">Length of the run and clipping; null: no end, no clipping.</param>
    /// <param name="team">The workers; null: the optimizer starts a team of its own on all cores.</param>
    /// <exception cref="OptimizerOptionsException">Options, groups or parameters are wrong; all problems are named.</exception>
    public Lion(IReadOnlyList<ParameterGroup> groups, StepOptions? step = null, WorkerTeam? team = null)
        : base(typeof(Options), groups, step, team) => _pass = new ElementPass<Rule>(Slots, static (ParameterSlot slot, in StepValues values, long _) => new Rule((Options)slot.Options, values), AddState("momentum"));

    /// <summary>Lion over parameters that share their options.</summary>
    /// <param name="parameters">At least one.</param>
    /// <param name="options">The options; null: the paper's.</param>
    /// <param name="step">Length of the run and clipping.</param>
    /// <param name="team">The workers; null: a team of the optimizer's own.</param>
    /// <exception cref="OptimizerOptionsException">Options or parameters are wrong; all problems are named.</exception>
    public Lion(IReadOnlyList<Parameter> parameters, Options? options = null, StepOptions? step = null, WorkerTeam? team = null)
        : this([new ParameterGroup("lion", parameters, options ?? new Options())], step, team)
    {
    }

    private protected override void Update(in StepContext context) => _pass.Run(context);

    /// <summary>What <see cref="Lion"/> needs to know; the defaults are the paper's: learning rate 1e-4, betas (0.9, 0.99), no decay.</summary>
    public sealed record Options() : OptimizerOptions(1e-4)
    {
        /// <inheritdoc/>
        public override string OptimizerName => "lion";

        /// <summary>The momentum's share of the direction, in [0, 1), a number or a schedule, default 0.9.</summary>
        public Schedule Beta1 { get; init; } = 0.9;

        /// <summary>Decay of the momentum, in [0, 1), default 0.99.</summary>
        public double Beta2 { get; init; } = 0.99;

        internal override Schedule ReportedMomentum => Beta1;

        internal override void Collect(OptionsProblems problems)
        {
            base.Collect(problems);
            problems.Schedule("beta1", Beta1, 1);
            problems.Require(Beta2 is >= 0 and < 1, $"beta2 must be in [0, 1), not {Beta2}");
        }

        internal override Optimizer Create(IReadOnlyList<ParameterGroup> groups, StepOptions step, WorkerTeam team) => new Lion(groups, step, team);
    }

    private readonly struct Rule(Options options, StepValues values) : IElementRule
    {
        private readonly double _beta1 = values.Momentum;
        private readonly double _beta2 = options.Beta2;
        private readonly float _rate = (float)values.LearningRate;
        private readonly float _decay = (float)(values.LearningRate * values.WeightDecay);

        public static int States => 1;

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
}
