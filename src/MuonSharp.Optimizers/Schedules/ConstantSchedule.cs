namespace MuonSharp.Optimizers;

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
