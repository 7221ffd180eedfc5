using System.Collections.Immutable;
using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>The value of a hyperparameter at each step: a learning rate, a momentum, a weight decay. A plain number is a constant one.</summary>
/// <remarks>Steps count from 1. A phase of n steps has the progress (steps of it that are already done) / n, so the last step of a decay
/// to zero still moves: with 12 steps, 4 of them warm-up and a linear decay over the rest, the factors are 1/4, 2/4, 3/4, 1, 1, 7/8, ... 1/8.</remarks>
public abstract record Schedule
{
    /// <summary>A constant.</summary>
    /// <param name="value">The value at every step.</param>
    public static implicit operator Schedule(double value) => new ConstantSchedule(value);

    /// <summary>A constant.</summary>
    /// <param name="value">The value at every step.</param>
    public static Schedule FromDouble(double value) => new ConstantSchedule(value);

    /// <summary>The value at a step.</summary>
    /// <param name="step">The step, from 1.</param>
    /// <param name="totalSteps">Steps of the whole run; schedules that never end ignore it.</param>
    public abstract double At(long step, long totalSteps);

    /// <summary>The smallest and greatest value the schedule can take.</summary>
    public abstract (double Least, double Greatest) Range { get; }

    /// <summary>Whether the schedule needs to know how long the run is.</summary>
    public virtual bool NeedsTotalSteps => false;

    /// <summary>What is wrong with the schedule's own numbers, or null.</summary>
    internal virtual string? Problem => null;

    /// <summary>The share of the peak that a linear warm-up allows at a step: step / warm-up, at most 1.</summary>
    private protected static double WarmUp(long step, long warmUpSteps) => step >= warmUpSteps ? 1 : (double)step / warmUpSteps;

    /// <summary>Steps done of a phase, as a share in [0, 1].</summary>
    private protected static double Progress(long step, long start, long length) =>
        length <= 0 ? (step > start ? 1 : 0) : Math.Clamp((double)(step - 1 - start) / length, 0, 1);
}

/// <summary>A value that rises linearly over the warm-up, then stays.</summary>
/// <param name="Value">The value after the warm-up.</param>
/// <param name="WarmUpSteps">Steps of linear warm-up, default none.</param>
public sealed record ConstantSchedule(double Value, long WarmUpSteps = 0) : Schedule
{
    /// <inheritdoc/>
    public override (double Least, double Greatest) Range => (WarmUpSteps > 1 ? Math.Min(0, Value) : Value, Value);

    internal override string? Problem => WarmUpSteps < 0 ? $"warm-up steps must be >= 0, not {WarmUpSteps}" : null;

    /// <inheritdoc/>
    public override double At(long step, long totalSteps) => Value * WarmUp(step, WarmUpSteps);
}

/// <summary>Linear warm-up to a peak, then linear decay over the rest of the run.</summary>
/// <param name="Peak">The greatest value.</param>
/// <param name="WarmUpSteps">Steps of linear warm-up, default none.</param>
/// <param name="Final">Where the decay leads, default 0; reached after the last step.</param>
public sealed record LinearSchedule(double Peak, long WarmUpSteps = 0, double Final = 0) : Schedule
{
    /// <inheritdoc/>
    public override (double Least, double Greatest) Range => (Math.Min(0, Math.Min(Peak, Final)), Math.Max(Peak, Final));

    /// <inheritdoc/>
    public override bool NeedsTotalSteps => true;

    internal override string? Problem => WarmUpSteps < 0 ? $"warm-up steps must be >= 0, not {WarmUpSteps}" : null;

    /// <inheritdoc/>
    public override double At(long step, long totalSteps) => step <= WarmUpSteps
        ? Peak * WarmUp(step, WarmUpSteps)
        : Peak + ((Final - Peak) * Progress(step, WarmUpSteps, totalSteps - WarmUpSteps));
}

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

/// <summary>One value a step, as a recorded run gives them; the last one stays.</summary>
/// <param name="Values">The value of step 1, 2, ...; at least one.</param>
public sealed record ListSchedule(ImmutableArray<double> Values) : Schedule
{
    /// <inheritdoc/>
    public override (double Least, double Greatest) Range => Values.IsDefaultOrEmpty ? (0, 0) : (Values.Min(), Values.Max());

    internal override string? Problem => Values.IsDefaultOrEmpty ? "a list of values must hold at least one" : null;

    /// <inheritdoc/>
    public override double At(long step, long totalSteps) => Values[(int)Math.Clamp(step - 1, 0, Values.Length - 1)];
}

/// <summary>A value that moves linearly from one number to another, then stays: the warm-up of a momentum.</summary>
/// <remarks>modded-nanogpt: 0.85 to 0.95 over 300 steps. Step 1 has the first value, step <paramref name="Steps"/> + 1 the last.</remarks>
/// <param name="From">The value at step 1.</param>
/// <param name="To">The value after the ramp.</param>
/// <param name="Steps">Length of the ramp, at least 0.</param>
public sealed record RampSchedule(double From, double To, long Steps) : Schedule
{
    /// <inheritdoc/>
    public override (double Least, double Greatest) Range => (Math.Min(From, To), Math.Max(From, To));

    internal override string? Problem => Steps < 0 ? $"the ramp's steps must be >= 0, not {Steps}" : null;

    /// <inheritdoc/>
    public override double At(long step, long totalSteps) => From + ((To - From) * Progress(step, 0, Steps));
}
