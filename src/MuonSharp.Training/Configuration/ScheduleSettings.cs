namespace MuonSharp.Training;

/// <summary>The factor on every learning rate over the run: keys <c>optimizer.schedule.*</c>.</summary>
public sealed record ScheduleSettings
{
    /// <summary><c>constant</c>, <c>linear</c>, <c>cosine</c> or <c>warmup-stable-decay</c>.</summary>
    public string Name { get; init; } = "warmup-stable-decay";

    /// <summary>Steps over which the factor rises linearly from 0 to 1 at the start.</summary>
    public int Warmup { get; init; } = 20;

    /// <summary>Share of the run, at its end, over which <c>warmup-stable-decay</c> falls linearly; from 0 to 1.</summary>
    public double DecayShare { get; init; } = 0.5;

    /// <summary>Factor at the end of the decay, from 0 to 1.</summary>
    public double Floor { get; init; }
}
