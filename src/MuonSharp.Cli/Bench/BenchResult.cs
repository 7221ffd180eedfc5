namespace MuonSharp.Cli.Bench;

/// <summary>What was measured: medians over rounds. What does not apply is null.</summary>
/// <param name="Name">The case.</param>
/// <param name="Threads">Workers.</param>
/// <param name="Milliseconds">A call.</param>
internal sealed record BenchResult(string Name, int Threads, double Milliseconds)
{
    /// <summary>10⁹ operations a second that were really made.</summary>
    public double? Gflops { get; init; }

    /// <summary><see cref="Gflops"/> over the peak that was measured beside it, 0 to 1.</summary>
    public double? ShareOfPeak { get; init; }

    /// <summary>The peak measured beside it, 10⁹ operations a second.</summary>
    public double Peak { get; init; }

    /// <summary>10⁹ bytes a second.</summary>
    public double? GigabytesPerSecond { get; init; }

    /// <summary>Of what reads memory: <see cref="GigabytesPerSecond"/> over the speed of reading an array, before and after each round, above 0.</summary>
    public double? ShareOfBandwidth { get; init; }

    /// <summary>That speed, 10⁹ bytes a second.</summary>
    public double Bandwidth { get; init; }

    /// <summary>Of a training step: tokens.</summary>
    public double? TokensPerSecond { get; init; }

    /// <summary>Of a training step: who updates.</summary>
    public string? Optimizer { get; init; }

    /// <summary>Of a training step: the optimizer's time.</summary>
    public double? OptimizerMilliseconds { get; init; }

    /// <summary>Of a training step: the rest of the time.</summary>
    public double? ForwardBackwardMilliseconds { get; init; }

    /// <summary>Of a training step: what the model needs of operations, over time and peak, 0 to 1.</summary>
    public double? ForwardBackwardShareOfPeak { get; init; }

    /// <summary>Of a training step: what it cannot do without.</summary>
    public long? NeededBytes { get; init; }

    /// <summary>Of a training step: the most memory that the process has had so far, whatever else it measured before.</summary>
    public long? PeakMemoryBytes { get; init; }
}
