using System.Collections.Immutable;

namespace MuonSharp.Optimizers;

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
