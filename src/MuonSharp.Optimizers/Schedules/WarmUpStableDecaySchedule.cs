namespace MuonSharp.Optimizers;

/// <summary>Linear warm-up, a plateau, and a linear decay over the last part of the run.</summary>
/// <param name="Peak">The value of the plateau.</param>
/// <param name="WarmUpSteps">Steps of linear warm-up, default none.</param>
/// <param name="DecayShare">The share of the whole run that decays, in [0, 1]; default one half.</param>
/// <param name="Final">Where the decay leads, default 0; reached after the last step.</param>
public sealed record WarmUpStableDecaySchedule(double Peak, long WarmUpSteps = 0, double DecayShare = 0.5, double Final = 0) : Schedule
{
    /// <inheritdoc/>
    public override (double Least, double Greatest) Range => (Math.Min(0, Math.Min(Peak, Final)), Math.Max(Peak, Final));

    /// <inheritdoc/>
    public override bool NeedsTotalSteps => true;

    internal override string? Problem =>
        WarmUpSteps < 0 ? $"warm-up steps must be >= 0, not {WarmUpSteps}"
        : DecayShare is >= 0 and <= 1 ? null : $"the decay's share must lie in [0, 1], not {DecayShare}";

    /// <inheritdoc/>
    public override double At(long step, long totalSteps)
    {
        long decaySteps = (long)Math.Round(DecayShare * totalSteps);
        double plateau = Peak + ((Final - Peak) * Progress(step, totalSteps - decaySteps, decaySteps));
        return plateau * WarmUp(step, WarmUpSteps);
    }
}
