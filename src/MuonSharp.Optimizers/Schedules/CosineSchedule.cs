using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>Linear warm-up to a peak, then half a cosine down over the rest of the run.</summary>
/// <remarks>After the warm-up: final + (peak - final)·(1 + cos(pi·progress))/2.</remarks>
/// <param name="Peak">The greatest value.</param>
/// <param name="WarmUpSteps">Steps of linear warm-up, default none.</param>
/// <param name="Final">Where the decay leads, default 0; reached after the last step.</param>
public sealed record CosineSchedule(double Peak, long WarmUpSteps = 0, double Final = 0) : Schedule
{
    /// <inheritdoc/>
    public override (double Least, double Greatest) Range => (Math.Min(0, Math.Min(Peak, Final)), Math.Max(Peak, Final));

    /// <inheritdoc/>
    public override bool NeedsTotalSteps => true;

    internal override string? Problem => WarmUpSteps < 0 ? $"warm-up steps must be >= 0, not {WarmUpSteps}" : null;

    /// <inheritdoc/>
    public override double At(long step, long totalSteps) => step <= WarmUpSteps
        ? Peak * WarmUp(step, WarmUpSteps)
        : Final + ((Peak - Final) * 0.5 * (1 + PortableMath.SinCosTurns(0.5 * Progress(step, WarmUpSteps, totalSteps - WarmUpSteps)).Cosine));
}
