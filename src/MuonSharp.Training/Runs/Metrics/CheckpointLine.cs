using System.Text.Json;

namespace MuonSharp.Training;

/// <summary>A checkpoint: kind <c>checkpoint</c>.</summary>
/// <param name="Step">How many steps had been done.</param>
/// <param name="Name">The checkpoint's folder, relative to the run folder.</param>
internal readonly record struct CheckpointLine(long Step, string Name) : IMetricsLine
{
    /// <inheritdoc/>
    public string Kind => "checkpoint";

    /// <inheritdoc/>
    public void WriteRest(Utf8JsonWriter json) => json.WriteString("path"u8, Name);
}
