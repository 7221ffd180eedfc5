using System.Text.Json;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>Memory of the process that trains.</summary>
/// <param name="WorkingSet">Bytes in the machine's memory: weights, activations, code, the managed heap. Key <c>working_set_bytes</c>.</param>
/// <param name="Managed">Bytes of the managed heap, garbage included. Key <c>managed_bytes</c>.</param>
public readonly record struct ProcessMemory(long WorkingSet, long Managed)
{
    /// <summary>The runtime's count of the heap can be below zero for a moment, where another thread's collection is going on.</summary>
    internal static ProcessMemory Look() => new(Environment.WorkingSet, Math.Max(0, GC.GetTotalMemory(forceFullCollection: false)));

    internal static ProcessMemory? Read(JsonEntry line) =>
        line.Find("working_set_bytes") is { } resident ? new(resident.WholeNumber(0), Math.Max(0, line["managed_bytes"].WholeNumber(long.MinValue))) : null;

    internal void WriteTo(Utf8JsonWriter json)
    {
        json.WriteNumber("working_set_bytes"u8, WorkingSet);
        json.WriteNumber("managed_bytes"u8, Managed);
    }
}

/// <summary>Looks at the memory of the process, once a second at most: a step may take less than the look.</summary>
/// <param name="time">The clock.</param>
internal sealed class MemoryWatch(TimeProvider time)
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    private long? _looked;

    /// <summary>The memory now; null where it was looked at within the last second.</summary>
    public ProcessMemory? Look()
    {
        long now = time.GetTimestamp();
        if (_looked is { } before && time.GetElapsedTime(before, now) < s_interval)
        {
            return null;
        }

        _looked = now;
        return ProcessMemory.Look();
    }
}
