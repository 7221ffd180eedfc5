using System.Text.Json;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>What JSON has no word for.</summary>
internal static class MetricsJson
{
    /// <summary>Writes a number, or null for a NaN or an infinity.</summary>
    public static void WriteFinite(this Utf8JsonWriter json, string key, double value)
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

    /// <summary>Writes a number, or null for a NaN or an infinity.</summary>
    public static void WriteFinite(this Utf8JsonWriter json, ReadOnlySpan<byte> key, double value)
    {
        json.WritePropertyName(key);
        json.WriteFiniteValue(value);
    }

    /// <summary>Writes a number, or null for a NaN or an infinity.</summary>
    public static void WriteFiniteValue(this Utf8JsonWriter json, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumberValue(value);
        }
        else
        {
            json.WriteNullValue();
        }
    }

    /// <summary>Writes each head's greatest logit and accumulated factor, an array for each layer.</summary>
    public static void WriteHeads(this Utf8JsonWriter json, IReadOnlyList<HeadClip> heads)
    {
        json.WriteStartArray("head_max_logits"u8);
        for (int i = 0; i < heads.Count; i++)
        {
            json.StartLayer(heads, i);
            if (float.IsFinite(heads[i].MaximumLogit))
            {
                json.WriteNumberValue(heads[i].MaximumLogit);
            }
            else
            {
                json.WriteNullValue();
            }

            json.EndLayer(heads, i);
        }

        json.WriteEndArray();
        json.WriteStartArray("head_factors"u8);
        for (int i = 0; i < heads.Count; i++)
        {
            json.StartLayer(heads, i);
            json.WriteNumberValue((float)heads[i].AccumulatedFactor);
            json.EndLayer(heads, i);
        }

        json.WriteEndArray();
    }

    private static void StartLayer(this Utf8JsonWriter json, IReadOnlyList<HeadClip> heads, int i)
    {
        if (heads[i].Head == 0)
        {
            json.WriteStartArray();
        }
    }

    private static void EndLayer(this Utf8JsonWriter json, IReadOnlyList<HeadClip> heads, int i)
    {
        if (i + 1 == heads.Count || heads[i + 1].Head == 0)
        {
            json.WriteEndArray();
        }
    }
}
