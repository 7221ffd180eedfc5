using System.Text.Json;

namespace MuonSharp.Training;

/// <summary>Text that the model wrote: kind <c>sample</c>.</summary>
/// <param name="Step">How many steps had been done.</param>
/// <param name="Prompt">What it was given.</param>
/// <param name="Text">What it wrote.</param>
internal readonly record struct SampleLine(long Step, string Prompt, string Text) : IMetricsLine
{
    /// <inheritdoc/>
    public string Kind => "sample";

    /// <inheritdoc/>
    public void WriteRest(Utf8JsonWriter json)
    {
        json.WriteString("prompt"u8, Prompt);
        json.WriteString("text"u8, Text);
    }
}
