namespace MuonSharp.Training;

/// <summary>The step lines of <c>metrics.jsonl</c>: keys <c>log.*</c>.</summary>
public sealed record LogSettings
{
    /// <summary>Steps between step lines and <see cref="StepEvent"/>s. -1: none.</summary>
    public int Every { get; init; } = 1;
}
