using System.Text.Json;

namespace MuonSharp.Training;

/// <summary>The end of a run: kind <c>end</c>.</summary>
/// <param name="Step">How many steps had been done.</param>
/// <param name="Reason">Why: <c>done</c>, <c>cancelled</c> or <c>diverged</c>.</param>
internal readonly record struct EndLine(long Step, string Reason) : IMetricsLine
{
    /// <inheritdoc/>
    public string Kind => "end";

    /// <inheritdoc/>
    public void WriteRest(Utf8JsonWriter json) => json.WriteString("reason"u8, Reason);
}
