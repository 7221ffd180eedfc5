using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>What a trainer is about to do, with every derived number: the material of a banner.</summary>
public sealed record TrainerDescription
{
    /// <summary>Kind of the task: <c>language</c>, <c>regression</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>What its data is counted in: <c>tokens</c>, <c>samples</c>.</summary>
    public required string Unit { get; init; }

    /// <summary>How many of them a step takes.</summary>
    public required long UnitsPerStep { get; init; }

    /// <summary>What the task tells about itself and its data, in order.</summary>
    public required IReadOnlyList<(string Name, string Value)> Facts { get; init; }

    /// <summary>Number of weights.</summary>
    public required long Parameters { get; init; }

    /// <summary>Number of weights of every optimizer, by its name.</summary>
    public required IReadOnlyList<OptimizerShare> Shares { get; init; }

    /// <summary>The greatest share of its peak that a learning rate reaches: below 1 where the run is too short for the schedule's warm-up.</summary>
    public double GreatestRateFactor { get; init; } = 1;

    /// <summary>The routing: which parameter goes to which optimizer and why.</summary>
    public required RoutingPlan Plan { get; init; }

    /// <summary>What looks like a mistake and is none by the rules: a learning rate that seems meant in another unit, a key that the optimizer does not use. Usually empty.</summary>
    public required IReadOnlyList<string> Advice { get; init; }

    /// <summary>Native memory of a step.</summary>
    public required PlannedMemory Memory { get; init; }

    /// <summary>Which matrices' singular values are measured, how often, and what it costs; null where none are.</summary>
    public SpectrumPlan? Spectra { get; init; }

    /// <summary>Threads that compute.</summary>
    public required int Threads { get; init; }
}
