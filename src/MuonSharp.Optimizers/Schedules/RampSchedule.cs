namespace MuonSharp.Optimizers;

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
