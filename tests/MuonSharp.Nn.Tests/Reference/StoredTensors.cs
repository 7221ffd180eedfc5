using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace MuonSharp.Nn.Tests.Reference;

/// <summary>Reads float32 and int64 tensors of a trusted safetensors file into plain arrays, in the few lines that the format needs.</summary>
internal static class StoredTensors
{
    public static (Dictionary<string, double[]> Reals, Dictionary<string, int[]> Integers) Read(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        int header = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        Dictionary<string, double[]> reals = new(StringComparer.Ordinal);
        Dictionary<string, int[]> integers = new(StringComparer.Ordinal);
        using JsonDocument document = JsonDocument.Parse(bytes.AsMemory(8, header));
        foreach (JsonProperty entry in document.RootElement.EnumerateObject().Where(e => e.Name != "__metadata__"))
        {
            JsonElement offsets = entry.Value.GetProperty("data_offsets");
            Span<byte> data = bytes.AsSpan((8 + header + offsets[0].GetInt32())..(8 + header + offsets[1].GetInt32()));
            string? type = entry.Value.GetProperty("dtype").GetString();
            if (type == "F32") reals[entry.Name] = Agreement.ToDoubles(MemoryMarshal.Cast<byte, float>(data));
            else if (type == "I64") integers[entry.Name] = Array.ConvertAll(MemoryMarshal.Cast<byte, long>(data).ToArray(), v => checked((int)v));
            else throw new NotSupportedException($"[stored tensors] {entry.Name} has type {type}");
        }

        return (reals, integers);
    }
}
