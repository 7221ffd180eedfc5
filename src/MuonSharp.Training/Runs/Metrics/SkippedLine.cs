using System.Text.Json;

namespace MuonSharp.Training;

/// <summary>A step that changed nothing because a gradient was not finite: kind <c>skipped</c>.</summary>
/// <param name="Step">How many steps had been done, this one counted.</param>
/// <param name="Parameter">The first parameter whose gradient held a NaN or an infinity.</param>
/// <param name="InARow">How many steps in a row have been skipped.</param>
internal readonly record struct SkippedLine(long Step, string Parameter, int InARow) : IMetricsLine
{
    /// <inheritdoc/>
    public string Kind => "skipped";

    /// <inheritdoc/>
    public void WriteRest(Utf8JsonWriter json)
    {
        json.WriteString("parameter"u8, Parameter);
        json.WriteNumber("in_a_row"u8, InARow);
    }
}
