using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>What <see cref="Muon"/> needs to know; the defaults are the original form, made orthogonal by <see cref="ZolotarevPolar.Order2"/>.</summary>
public sealed record MuonOptions() : OptimizerOptions(0.02)
{
    /// <inheritdoc/>
    public override string OptimizerName => "muon";

    /// <summary>Momentum in [0, 1), a number or a schedule (<see cref="RampSchedule"/> warms it up), default 0.95.</summary>
    public Schedule Momentum { get; init; } = 0.95;

    /// <summary>How gradients become a direction; default the moving average.</summary>
    public MomentumForm Form { get; init; } = MomentumForm.Ema;

    /// <summary>Whether the direction looks ahead by one gradient, default true.</summary>
    public bool Nesterov { get; init; } = true;

    /// <summary>What makes the direction orthogonal; default <see cref="ZolotarevPolar.Order2"/>, the cheapest that is at least as accurate as
    /// the original's five Newton-Schulz steps and trains as well (<c>docs/LOG.md</c>). Every named preset has its reference's.</summary>
    public IOrthogonalizer Orthogonalizer { get; init; } = ZolotarevPolar.Order2;

    /// <summary>What is done to the rows of the orthogonal matrix; null (the default): nothing.</summary>
    public RowNormalization? RowNormalization { get; init; }

    /// <summary>The factor by shape; default <see cref="UpdateScale.Original"/>.</summary>
    public UpdateScale Scale { get; init; } = UpdateScale.Original;

    /// <summary>Whether each matrix of weights is brought to the Frobenius norm sqrt(fan-out) before its step, default false.</summary>
    /// <remarks>A matrix of zeros stays as it is. Source: KellerJordan/cifar10-airbench, <c>airbench94_muon.py</c>.</remarks>
    public bool NormalizeWeights { get; init; }

    /// <summary>A reference's known mistake to reproduce, default none.</summary>
    public MuonCompat Compat { get; init; }

    internal override bool SplitsMatrices => true;

    internal override Schedule ReportedMomentum => Momentum;

    internal override void Collect(OptionsProblems problems)
    {
        base.Collect(problems);
        problems.Schedule("momentum", Momentum, 1);
        problems.Require(Enum.IsDefined(Compat), $"compat must be None, KellerJordanConvScale or MlxCoupledDecay, not {Compat}");
        RowNormalization?.Collect(problems);
    }

    internal override void CollectFor(Parameter parameter, OptionsProblems problems) => problems.Require(
        parameter.Shape.Length >= 2,
        $"parameter '{parameter.Name}' {Parameter.ShapeText(parameter.Shape)} is no matrix; give vectors to AdamW");

    internal override Optimizer Create(IReadOnlyList<ParameterGroup> groups, StepOptions step, WorkerTeam team) => new Muon(groups, step, team);
}
