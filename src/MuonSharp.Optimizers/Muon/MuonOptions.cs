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

    /// <inheritdoc/>
    public override bool SplitsMatrices => true;

    /// <inheritdoc/>
    public override bool Orthogonalizes => true;

    /// <inheritdoc/>
    public override UpdateScale ShapeFactor => Scale;

    /// <inheritdoc/>
    public override string Details => $"{Orthogonalizer.Name}, factor {Scale.Name}";

    /// <inheritdoc/>
    protected internal override string MatrixReason => "hidden matrix: its update is orthogonalized";

    /// <inheritdoc/>
    protected internal override Schedule MomentumSchedule => Momentum;

    /// <inheritdoc/>
    protected internal override void Validate(OptionsProblems problems)
    {
        base.Validate(problems);
        problems.Schedule("momentum", Momentum, 1);
        problems.Require(Enum.IsDefined(Compat), $"compat must be None, KellerJordanConvScale or MlxCoupledDecay, not {Compat}");
        RowNormalization?.Collect(problems);
    }

    /// <inheritdoc/>
    protected internal override void ValidateFor(Parameter parameter, OptionsProblems problems) => problems.Require(
        parameter.Shape.Length >= 2,
        $"parameter '{parameter.Name}' {Parameter.ShapeText(parameter.Shape)} is no matrix; give vectors to AdamW");

    /// <inheritdoc/>
    public override Optimizer CreateOptimizer(IReadOnlyList<ParameterGroup> groups, StepOptions? step = null, WorkerTeam? team = null) => new Muon(groups, step, team);

    /// <inheritdoc/>
    protected internal override IEnumerable<StateCost> StatesOf(IReadOnlyList<ParameterGroup> groups) => MuonCosts.States(groups);

    /// <inheritdoc/>
    protected internal override long ScratchLengthOf(IReadOnlyList<ParameterGroup> groups, int threads) => MuonCosts.ScratchLength(groups, threads);

    /// <inheritdoc/>
    protected internal override double FlopsOf(in MatrixSlice matrix) => Orthogonalizer.Flops(matrix.Rows, matrix.Columns);
}

/// <summary>Known mistakes of references, reproduced on request; ours is right by default.</summary>
public enum MuonCompat
{
    /// <summary>None.</summary>
    None,

    /// <summary>The factor of a tensor with more than two axes is that of its last two sizes as stored, for a filter bank sqrt(max(1, kh / kw)).</summary>
    /// <remarks>Source: KellerJordan/Muon, <c>muon.py</c>, which flattens a filter for the orthogonalization alone.</remarks>
    KellerJordanConvScale,

    /// <summary>The decay is coupled: wd p is added to the gradient before the momentum, and orthogonalization forgets its size. None is left for the step.</summary>
    /// <remarks>Source: <c>mlx.optimizers.Muon</c>.</remarks>
    MlxCoupledDecay,
}

/// <summary>The factor of an orthogonalized matrix: what makes one learning rate fit all shapes.</summary>
/// <remarks>For every shape, lr(original) = lr(match-rms-adamw) · 0.2 sqrt(in): 0.02 at a fan-in of 768 is 0.0036.</remarks>
/// <param name="Name">The name in traces and configurations.</param>
/// <param name="Factor">The factor for (fan-out, fan-in).</param>
public sealed record UpdateScale(string Name, Func<int, int, double> Factor)
{
    /// <summary>The root mean square of AdamW's updates that <see cref="MatchRmsAdamW"/> aims at. Source: arXiv 2502.16982.</summary>
    private const double AdamWUpdateRms = 0.2;

    /// <summary>sqrt(max(1, out / in)): the spectral norm that keeps activations at the size of their inputs, not below 1.</summary>
    /// <remarks>Source: KellerJordan/Muon, <c>muon.py</c>.</remarks>
    public static UpdateScale Original { get; } = new("original", static (fanOut, fanIn) => Math.Sqrt(Math.Max(1, (double)fanOut / fanIn)));

    /// <summary>0.2 sqrt(max(out, in)): an update has about the root mean square of AdamW's, so AdamW's learning rate and decay fit.</summary>
    /// <remarks>Source: Moonlight, arXiv 2502.16982; torch.optim.Muon, <c>match_rms_adamw</c>.</remarks>
    public static UpdateScale MatchRmsAdamW { get; } =
        new("match-rms-adamw", static (fanOut, fanIn) => AdamWUpdateRms * Math.Sqrt(Math.Max(fanOut, fanIn)));

    /// <summary>sqrt(out / in), below 1 for wide matrices too.</summary>
    /// <remarks>Source: torch.optim.Muon, <c>spectral_unclamped</c>.</remarks>
    public static UpdateScale SpectralUnclamped { get; } = new("spectral-unclamped", static (fanOut, fanIn) => Math.Sqrt((double)fanOut / fanIn));

    /// <summary>1 for every shape.</summary>
    /// <remarks>Source: KellerJordan/cifar10-airbench, <c>airbench94_muon.py</c>.</remarks>
    public static UpdateScale None { get; } = new("none", static (_, _) => 1);

    /// <summary>The named factors: what traces and configurations may say.</summary>
    public static IReadOnlyDictionary<string, UpdateScale> ByName { get; } =
        new[] { Original, MatchRmsAdamW, SpectralUnclamped, None }.ToDictionary(static scale => scale.Name, StringComparer.Ordinal);
}
