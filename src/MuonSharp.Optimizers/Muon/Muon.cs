using System.Collections.Immutable;
using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>Momentum, orthogonalized: the optimizer for the hidden matrices of a network.</summary>
/// <remarks>
/// <code>
/// (m, u) &lt;- momentum(m, g)                      MomentumForm: moving average, Nesterov
/// X      =  orthogonalize(u)                    IOrthogonalizer, per matrix of the layout
/// X      &lt;- normalize rows(X)                   RowNormalization, where asked for
/// p      &lt;- p - (lr scale(out, in) X + lr wd p)   UpdateScale, decoupled decay, one rounding of the weight
/// </code>
/// <para>A tensor that its <see cref="MatrixLayout"/> splits steps exactly as its parts would, stored alone.</para>
/// <para>Cost per matrix with the original's steps: 5(3m²n + m³) FLOPs. Memory: one float an element, and scratch for the matrices at work.</para>
/// <para>Source: K. Jordan et al., "Muon: an optimizer for hidden layers in neural networks", https://kellerjordan.github.io/posts/muon/.</para>
/// </remarks>
public sealed class Muon : Optimizer<MuonOptions>
{
    private readonly MuonSlots _matrices;

    /// <summary>Muon over groups with options of their own.</summary>
    /// <param name="groups">At least one; the options are <see cref="MuonOptions"/>; every parameter has two axes or more.</param>
    /// <param name="step">Length of the run and clipping; null: no end, no clipping.</param>
    /// <param name="team">The workers; null: the optimizer starts a team of its own on all cores.</param>
    /// <exception cref="OptimizerOptionsException">Options, groups or parameters are wrong; all problems are named.</exception>
    public Muon(IReadOnlyList<ParameterGroup> groups, StepOptions? step = null, WorkerTeam? team = null)
        : base(groups, step, team) =>
        _matrices = Own(new MuonSlots(Slots, AddState("momentum"), AddState("row_mean_squares", RowState), Team.Threads));

    /// <summary>Muon over parameters that share their options.</summary>
    /// <param name="parameters">At least one, each with two axes or more.</param>
    /// <param name="options">The options; null: the defaults.</param>
    /// <param name="step">Length of the run and clipping.</param>
    /// <param name="team">The workers; null: a team of the optimizer's own.</param>
    /// <exception cref="OptimizerOptionsException">Options or parameters are wrong; all problems are named.</exception>
    public Muon(IReadOnlyList<Parameter> parameters, MuonOptions? options = null, StepOptions? step = null, WorkerTeam? team = null)
        : this([new ParameterGroup("muon", parameters, options ?? new MuonOptions())], step, team)
    {
    }

    /// <summary>Muon as it is usually written down.</summary>
    /// <param name="parameters">At least one, each with two axes or more.</param>
    /// <param name="learningRate">Step size in units of the orthogonal matrix, &gt;= 0.</param>
    /// <param name="momentum">In [0, 1).</param>
    /// <param name="weightDecay">Decoupled decay.</param>
    /// <param name="nesterov">Whether the direction looks ahead by one gradient.</param>
    /// <exception cref="OptimizerOptionsException">A number or a parameter is wrong; all problems are named.</exception>
    public Muon(IEnumerable<Parameter> parameters, double learningRate, double momentum = 0.95, double weightDecay = 0, bool nesterov = true)
        : this([.. parameters], new MuonOptions { LearningRate = learningRate, Momentum = momentum, WeightDecay = weightDecay, Nesterov = nesterov })
    {
    }

    /// <summary>One value an output where rows are normalized, else none.</summary>
    private static ImmutableArray<int> RowState(ParameterSlot slot) => OptionsOf(slot).RowNormalization is null
        ? []
        : [slot.Parameter.Matrices.Sum(static slice => slice.FanOut)];

    internal override OptimizerStage[] Stages() => _matrices.Stages();

    /// <inheritdoc/>
    protected override void Update(in StepContext context) => _matrices.Run(context, Observer);
}
