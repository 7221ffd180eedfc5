using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>An optimizer that treats every element alike: its mathematics is the rule, everything else is here.</summary>
/// <remarks>One pass over weights, gradients and state. Made by its options (<see cref="OptimizerOptions.Create"/>), or through a <see cref="RoutedOptimizer"/>.</remarks>
/// <typeparam name="TRule">The update of sixteen elements.</typeparam>
/// <typeparam name="TOptions">The options.</typeparam>
public class ElementwiseOptimizer<TRule, TOptions> : Optimizer<TOptions>
    where TRule : struct, IElementRule<TRule, TOptions>
    where TOptions : OptimizerOptions
{
    private readonly ElementPass<TRule, TOptions> _pass;

    /// <summary>The optimizer over groups with options of their own.</summary>
    /// <param name="groups">At least one; the options are <typeparamref name="TOptions"/>.</param>
    /// <param name="step">Length of the run and clipping; null: no end, no clipping.</param>
    /// <param name="team">The workers; null: the optimizer starts a team of its own on all cores.</param>
    /// <exception cref="OptimizerOptionsException">Options, groups or parameters are wrong; all problems are named.</exception>
    public ElementwiseOptimizer(IReadOnlyList<ParameterGroup> groups, StepOptions? step = null, WorkerTeam? team = null)
        : base(groups, step, team) =>
        _pass = new ElementPass<TRule, TOptions>(Slots, State(0), State(1));

    /// <inheritdoc/>
    protected sealed override void Update(in StepContext context) => _pass.Run(context);

    private StateBuffer? State(int state) => TRule.States > state ? AddState(TRule.StateName(state)) : null;
}

/// <summary>Options of an optimizer that treats every element alike: they make it from its rule.</summary>
/// <remarks>
/// <code>
/// sealed record MyOptions() : ElementwiseOptions&lt;MyRule, MyOptions&gt;(learningRate: 1e-3) { public override string OptimizerName =&gt; "mine"; }
/// readonly struct MyRule : IElementRule&lt;MyRule, MyOptions&gt; { ... }
/// </code>
/// is an optimizer: <c>new MyOptions().Create(parameters)</c>, <c>Route.Split(new MuonOptions(), new MyOptions())</c>.
/// </remarks>
/// <typeparam name="TRule">The update of sixteen elements.</typeparam>
/// <typeparam name="TOptions">The derived record itself.</typeparam>
public abstract record ElementwiseOptions<TRule, TOptions> : OptimizerOptions
    where TRule : struct, IElementRule<TRule, TOptions>
    where TOptions : ElementwiseOptions<TRule, TOptions>
{
    /// <summary>Options with a learning rate of the optimizer's own by default.</summary>
    /// <param name="learningRate">The default.</param>
    protected ElementwiseOptions(double learningRate)
        : base(learningRate)
    {
    }

    /// <inheritdoc/>
    public sealed override bool UpdatesByElement => true;

    /// <inheritdoc/>
    public override Optimizer CreateOptimizer(IReadOnlyList<ParameterGroup> groups, StepOptions? step = null, WorkerTeam? team = null) =>
        new ElementwiseOptimizer<TRule, TOptions>(groups, step, team);

    /// <inheritdoc/>
    protected internal sealed override IEnumerable<StateCost> StatesOf(IReadOnlyList<ParameterGroup> groups)
    {
        for (int state = 0; state < TRule.States; state++)
        {
            yield return StateCost.PerElement(TRule.StateName(state).Replace('_', ' '), groups);
        }
    }
}
