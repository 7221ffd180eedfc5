namespace MuonSharp.Training;

/// <summary>Length, batch and seed of a run: keys <c>train.*</c>.</summary>
public sealed record TrainSettings
{
    /// <summary>Number of optimizer steps.</summary>
    public int Steps { get; init; } = 1000;

    /// <summary>Samples (sequences of the context's length) in a micro-batch.</summary>
    public int Batch { get; init; } = 12;

    /// <summary>Micro-batches whose gradients are averaged for one step.</summary>
    public int Accumulation { get; init; } = 1;

    /// <summary>Seed of everything random: initial weights, batches, dropout, samples of text.</summary>
    public ulong Seed { get; init; } = 1337;

    /// <summary>Threads that compute. 0: one per core. The number changes no bit of the result.</summary>
    public int Threads { get; init; }

    /// <summary>Whether the backward run computes each block's activations again instead of keeping them: less memory, more time, the same bits.</summary>
    public bool Recompute { get; init; }
}
