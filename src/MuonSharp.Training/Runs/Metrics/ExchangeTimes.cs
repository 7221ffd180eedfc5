using System.Text.Json;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>What talking to other ranks takes of a step. The share of the exchange that computing hides is 1 - <see cref="Waited"/> / <see cref="Exchanged"/>.</summary>
/// <param name="Exchanged">Time in which gradients went to their owners, that for which a slower rank let wait included. Key <c>exchange_ms</c>.</param>
/// <param name="Waited">Of it, what the step waited for after its backward runs. Key <c>exchange_wait_ms</c>.</param>
/// <param name="Gathered">Time until all ranks had all weights, after the update; all of it is waited for. Key <c>gather_ms</c>.</param>
public readonly record struct ExchangeTimes(TimeSpan Exchanged, TimeSpan Waited, TimeSpan Gathered)
{
    /// <summary>What was taken between two readings.</summary>
    /// <param name="later">The later one.</param>
    /// <param name="earlier">The earlier one.</param>
    public static ExchangeTimes operator -(ExchangeTimes later, ExchangeTimes earlier) => later.Subtract(earlier);

    /// <summary>What was taken since an earlier reading.</summary>
    /// <param name="earlier">The earlier one.</param>
    public ExchangeTimes Subtract(ExchangeTimes earlier) => new(Exchanged - earlier.Exchanged, Waited - earlier.Waited, Gathered - earlier.Gathered);

    internal static ExchangeTimes? Read(JsonEntry line) => line.Find("exchange_ms") is { IsSet: true } exchanged
        ? new(Time(exchanged), Time(line["exchange_wait_ms"]), Time(line["gather_ms"])) : null;

    internal void WriteTo(Utf8JsonWriter json)
    {
        json.WriteNumber("exchange_ms"u8, Exchanged.TotalMilliseconds);
        json.WriteNumber("exchange_wait_ms"u8, Waited.TotalMilliseconds);
        json.WriteNumber("gather_ms"u8, Gathered.TotalMilliseconds);
    }

    private static TimeSpan Time(JsonEntry entry) => TimeSpan.FromMilliseconds(Math.Clamp(entry.Number(), 0, TimeSpan.MaxValue.TotalMilliseconds / 2));
}
