namespace MuonSharp.Training;

/// <summary>How long this process has been at a run, and how long the rest will take at that pace.</summary>
internal sealed class RunClock(TimeProvider time, long firstStep)
{
    private long? _start;

    /// <summary>Time since the start; zero before.</summary>
    public TimeSpan Elapsed => _start is { } start ? time.GetElapsedTime(start) : TimeSpan.Zero;

    /// <summary>Starts the clock; it starts once.</summary>
    public void Start() => _start ??= time.GetTimestamp();

    /// <summary>Time the steps still to do take if they are like those done, evaluations and checkpoints included.</summary>
    public TimeSpan Remaining(long step, long totalSteps) =>
        step > firstStep ? Elapsed / (step - firstStep) * (totalSteps - step) : TimeSpan.Zero;
}
