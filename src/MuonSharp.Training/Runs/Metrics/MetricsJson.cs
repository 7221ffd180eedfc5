using System.Text.Json;

namespace MuonSharp.Training;

/// <summary>What JSON has no word for.</summary>
internal static class MetricsJson
{
    /// <summary>Writes a number, or null for a NaN or an infinity.</summary>
    public static void WriteFinite(this Utf8JsonWriter json, ReadOnlySpan<byte> key, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumber(key, value);
        }
        else
        {
            json.WriteNull(key);
        }
    }
}
