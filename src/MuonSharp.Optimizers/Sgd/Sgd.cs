using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>Stochastic gradient descent with momentum, Nesterov's look-ahead and coupled decay.</summary>
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
public sealed class Sgd : Optimizer
{
    private readonly ElementPass<Rule> _pass;

    /// <summary>SGD over groups with options of their own.</summary>
    /// <param name="groups">At least one; the options are <see cref="Options"/>.</param>
    /// <param name="step">Length of the run and clipping; null: no end, no clipping.</param>
    /// <param name="team">The workers; null: the optimizer starts a team of its own on all cores.</param>
    /// <exception cref="OptimizerOptionsException">Options, groups or parameters are wrong; all problems are named.</exception>
    public Sgd(IReadOnlyList<ParameterGroup> groups, StepOptions? step = null, WorkerTeam? team = null)
        : base(typeof(Options), groups, step, team) => _pass = new ElementPass<Rule>(Slots, static (ParameterSlot slot, in StepValues values, long _) => new Rule((Options)slot.Options, values), AddState("momentum"));

    /// <summary>SGD over parameters that share their options.</summary>
    /// <param name="parameters">At least one.</param>
    /// <param name="options">The options; null: torch's.</param>
    /// <param name="step">Length of the run and clipping.</param>
    /// <param name="team">The workers; null: a team of the optimizer's own.</param>
    /// <exception cref="OptimizerOptionsException">Options or parameters are wrong; all problems are named.</exception>
    public Sgd(IReadOnlyList<Parameter> parameters, Options? options = null, StepOptions? step = null, WorkerTeam? team = null)
        : this([new ParameterGroup("sgd", parameters, options ?? new Options())], step, team)
    {
    }

    private protected override void Update(in StepContext context) => _pass.Run(context);

    /// <summary>What <see cref="Sgd"/> needs to know; the defaults are torch's: learning rate 1e-3, no momentum, no decay.</summary>
    public sealed record Options() : OptimizerOptions(0.001)
    {
        /// <inheritdoc/>
        public override string OptimizerName => "sgd";

        /// <summary>Momentum in [0, 1), a number or a schedule, default 0.</summary>
        public Schedule Momentum { get; init; } = 0;

        /// <summary>Whether the direction looks ahead by one gradient, default false.</summary>
        public bool Nesterov { get; init; }

        internal override Schedule ReportedMomentum => Momentum;

        internal override void Collect(OptionsProblems problems)
        {
            base.Collect(problems);
            problems.Schedule("momentum", Momentum, 1);
        }

        internal override Optimizer Create(IReadOnlyList<ParameterGroup> groups, StepOptions step, WorkerTeam team) => new Sgd(groups, step, team);
    }

    private readonly struct Rule(Options options, StepValues values) : IElementRule
    {
        private readonly float _momentum = (float)values.Momentum;
        private readonly float _rate = (float)values.LearningRate;
        private readonly float _decay = (float)values.WeightDecay;
        private readonly bool _nesterov = options.Nesterov;

        public static int States => 1;

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
}
