using System.Text.Json.Nodes;

namespace MuonSharp.Training;

/// <summary>What was timed, and where.</summary>
/// <param name="Timings">Timings by label.</param>
/// <param name="Environment">The machine; null when nothing was timed.</param>
internal sealed record MeasuredTimes(IReadOnlyDictionary<string, StepTiming> Timings, JsonObject? Environment)
{
    /// <summary>Nothing was timed.</summary>
    public static MeasuredTimes None { get; } = new(new Dictionary<string, StepTiming>(StringComparer.Ordinal), null);

    /// <summary>The timing of an optimizer; null if there is none.</summary>
    public StepTiming? Of(string label) => Timings.GetValueOrDefault(label);
}
