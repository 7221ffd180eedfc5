using System.Text.Json;

namespace MuonSharp.Training;

/// <summary>One line of <c>metrics.jsonl</c>; implemented by structs, so that writing one allocates nothing.</summary>
internal interface IMetricsLine
{
    /// <summary>The value of <c>kind</c>, the first key of every line.</summary>
    string Kind { get; }

    /// <summary>How many steps had been done.</summary>
    long Step { get; }

    /// <summary>Writes the keys that follow <c>kind</c> and <c>step</c>, in a fixed order.</summary>
    /// <param name="json">Inside the line's object.</param>
    void WriteRest(Utf8JsonWriter json);
}
