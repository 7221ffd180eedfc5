using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>What <see cref="Soap"/> needs to know; the defaults are the reference's. Weight decay is 0.01 unless set.</summary>
public sealed record SoapOptions : OptimizerOptions
{
    /// <summary>The smallest normal float32: a smaller epsilon may round to zero, and the update of a weight without gradients be 0/0.</summary>
    private const double SmallestEpsilon = 1.1754943508222875e-38;

    /// <summary>A statistic of more has too many elements for one tensor.</summary>
    internal const int LongestSide = 30000;

    /// <summary>The reference's options: learning rate 3e-3, weight decay 0.01.</summary>
    public SoapOptions()
        : base(3e-3) => WeightDecay = 0.01;

    /// <inheritdoc/>
    public override string OptimizerName => "soap";

    /// <summary>Decay of the first moment, in [0, 1), a number or a schedule, default 0.95.</summary>
    public Schedule Beta1 { get; init; } = 0.95;

    /// <summary>Decay of the second moment, in [0, 1), default 0.95.</summary>
    public double Beta2 { get; init; } = 0.95;

    /// <summary>Decay of the statistics L and R, in [0, 1); null (the default): the same as <see cref="Beta2"/>.</summary>
    public double? ShampooBeta { get; init; }

    /// <summary>Added to the root of the second moment before the bias correction, at least the smallest normal float32, default 1e-8.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Updates between two refreshes of the bases, &gt;= 1, default 10.</summary>
    public int PreconditionFrequency { get; init; } = 10;

    /// <summary>A side longer than this is not rotated, in [0, 30000], default 10000.</summary>
    public int MaximumPreconditionerDimension { get; init; } = 10000;

    /// <inheritdoc/>
    public override bool SplitsMatrices => true;

    /// <inheritdoc/>
    protected internal override string MatrixReason => "hidden matrix, preconditioned from both sides";

    /// <summary>The decay of L and R in force.</summary>
    internal double StatisticBeta => ShampooBeta ?? Beta2;

    /// <inheritdoc/>
    protected internal override Schedule MomentumSchedule => Beta1;

    /// <inheritdoc/>
    protected internal override void Validate(OptionsProblems problems)
    {
        base.Validate(problems);
        problems.Schedule("beta1", Beta1, 1);
        problems.Require(Beta2 is >= 0 and < 1, $"beta2 must be in [0, 1), not {Beta2}");
        problems.Require(ShampooBeta is null or (>= 0 and < 1), $"shampoo beta must be in [0, 1), not {ShampooBeta}");
        problems.Require(
            Epsilon >= SmallestEpsilon && double.IsFinite(Epsilon), $"epsilon must be finite and a normal float32 ({SmallestEpsilon:G3} or more), not {Epsilon}");
        problems.Require(PreconditionFrequency >= 1, $"precondition frequency must be >= 1, not {PreconditionFrequency}");
        problems.Require(
            MaximumPreconditionerDimension is >= 0 and <= LongestSide, $"the maximum preconditioner dimension must be in [0, {LongestSide}], not {MaximumPreconditionerDimension}");
    }

    /// <inheritdoc/>
    public override Optimizer CreateOptimizer(IReadOnlyList<ParameterGroup> groups, StepOptions? step = null, WorkerTeam? team = null) => new Soap(groups, step, team);

    /// <inheritdoc/>
    protected internal override IEnumerable<StateCost> StatesOf(IReadOnlyList<ParameterGroup> groups) => SoapCosts.States(groups);

    /// <inheritdoc/>
    protected internal override long ScratchLengthOf(IReadOnlyList<ParameterGroup> groups, int threads) => SoapCosts.ScratchLength(groups, threads);

    /// <inheritdoc/>
    protected internal override double FlopsOf(in MatrixSlice matrix) => SoapCosts.Flops(this, matrix);
}
