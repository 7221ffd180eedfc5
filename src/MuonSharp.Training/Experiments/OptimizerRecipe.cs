namespace MuonSharp.Training;

/// <summary>How an optimizer is run in a comparison where the user says nothing else.</summary>
public sealed record OptimizerRecipe
{
    /// <summary>The optimizer's name.</summary>
    public required string Name { get; init; }

    /// <summary>Middle of the first learning rates that are tried, for the hidden matrices. Null: the configuration's own rate.</summary>
    public double? LearningRate { get; init; }

    /// <summary>Whether all parameters take the rate that is tried; otherwise those outside the hidden matrices keep <c>optimizer.auxiliary.learningRate</c>.</summary>
    public bool OneRate { get; init; }

    /// <summary>Keys that differ from the configuration, with their values.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Settings { get; init; } = [];
}
