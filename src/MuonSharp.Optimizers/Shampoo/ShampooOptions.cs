using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>What <see cref="Shampoo"/> needs to know; the defaults are those of the published comparison.</summary>
public sealed record ShampooOptions() : OptimizerOptions(0.0018)
{
    /// <summary>A statistic of more has too many elements for one tensor.</summary>
    internal const int LargestBlock = 30000;

    /// <inheritdoc/>
    public override string OptimizerName => "shampoo";

    /// <summary>Decay of the momentum, in [0, 1), a number or a schedule, default 0.95.</summary>
    public Schedule Beta1 { get; init; } = 0.95;

    /// <summary>Decay of the statistics L and R, in [0, 1), default 0.95.</summary>
    public double Beta2 { get; init; } = 0.95;

    /// <summary>Added to every eigenvalue of L and R before the root, absolute, &gt; 0, default 1e-12.</summary>
    public double Epsilon { get; init; } = 1e-12;

    /// <summary>Updates between two computations of the inverse roots, &gt;= 1, default 10.</summary>
    public int PreconditionFrequency { get; init; } = 10;

    /// <summary>Most rows and columns of a block; the last block of a side may be smaller; in [1, 30000], default 1024.</summary>
    public int BlockSize { get; init; } = 1024;

    /// <summary>Where the length of the update comes from, default Adam.</summary>
    public ShampooGrafting Grafting { get; init; } = ShampooGrafting.Adam;

    /// <summary>Decay of the grafted Adam's second moment, in [0, 1), default 0.95.</summary>
    public double GraftingBeta2 { get; init; } = 0.95;

    /// <summary>Added to the root of the grafted Adam's second moment, &gt; 0, default 1e-8.</summary>
    public double GraftingEpsilon { get; init; } = 1e-8;

    /// <inheritdoc/>
    public override bool SplitsMatrices => true;

    /// <inheritdoc/>
    protected internal override string MatrixReason => "hidden matrix, preconditioned from both sides";

    /// <inheritdoc/>
    protected internal override Schedule MomentumSchedule => Beta1;

    /// <inheritdoc/>
    protected internal override void Validate(OptionsProblems problems)
    {
        base.Validate(problems);
        problems.Schedule("beta1", Beta1, 1);
        problems.Require(Beta2 is >= 0 and < 1, $"beta2 must be in [0, 1), not {Beta2}");
        problems.Require(Epsilon > 0 && double.IsFinite(Epsilon), $"epsilon must be > 0 and finite, not {Epsilon}");
        problems.Require(PreconditionFrequency >= 1, $"precondition frequency must be >= 1, not {PreconditionFrequency}");
        problems.Require(BlockSize is >= 1 and <= LargestBlock, $"block size must be in [1, {LargestBlock}], not {BlockSize}");
        problems.Require(Enum.IsDefined(Grafting), $"grafting must be Adam or None, not {Grafting}");
        problems.Require(GraftingBeta2 is >= 0 and < 1, $"grafting beta2 must be in [0, 1), not {GraftingBeta2}");
        problems.Require(GraftingEpsilon > 0 && double.IsFinite(GraftingEpsilon), $"grafting epsilon must be > 0 and finite, not {GraftingEpsilon}");
    }

    /// <inheritdoc/>
    protected internal override void ValidateFor(Parameter parameter, OptionsProblems problems) => problems.Require(
        parameter.Shape.Length >= 2,
        $"shampoo steps matrices; '{parameter.Name}' {Parameter.ShapeText(parameter.Shape)} has one axis and belongs to AdamW");

    /// <inheritdoc/>
    public override Optimizer CreateOptimizer(IReadOnlyList<ParameterGroup> groups, StepOptions? step = null, WorkerTeam? team = null) => new Shampoo(groups, step, team);

    /// <inheritdoc/>
    protected internal override IEnumerable<StateCost> StatesOf(IReadOnlyList<ParameterGroup> groups) => ShampooCosts.States(groups);

    /// <inheritdoc/>
    protected internal override long ScratchLengthOf(IReadOnlyList<ParameterGroup> groups, int threads) => ShampooCosts.ScratchLength(groups, threads);

    /// <inheritdoc/>
    protected internal override double FlopsOf(in MatrixSlice matrix) => ShampooCosts.Flops(this, matrix);
}

/// <summary>Where the length of Shampoo's update comes from.</summary>
public enum ShampooGrafting
{
    /// <summary>From Adam's update of the same block, which is also the update until the first inverse roots exist.</summary>
    Adam,

    /// <summary>From the preconditioned gradient itself; until the first inverse roots exist only the decay acts.</summary>
    None,
}
