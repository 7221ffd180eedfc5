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
