namespace MuonSharp.Training;

/// <summary>Evaluation on the held-out text: keys <c>evaluate.*</c>.</summary>
public sealed record EvaluateSettings
{
    /// <summary>Steps between evaluations; the last step is always followed by one. -1: never.</summary>
    public int Every { get; init; } = 250;

    /// <summary>Windows evaluated at once: memory and speed, not the result's meaning.</summary>
    public int Batch { get; init; } = 32;
}
