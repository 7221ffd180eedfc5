using System.Buffers.Binary;
using System.Text;

namespace MuonSharp.Formats.Tests.Safetensors;

/// <summary>Safetensors files put together byte by byte, so that every rule can be broken on purpose.</summary>
internal static class HandMade
{
    /// <summary>Length, header text as given, then so many data bytes (0, 1, 2, ...).</summary>
    public static byte[] File(string header, int dataBytes = 0) => File(Encoding.UTF8.GetBytes(header), dataBytes);

    public static byte[] File(byte[] header, int dataBytes = 0)
    {
        byte[] file = new byte[8 + header.Length + dataBytes];
        BinaryPrimitives.WriteInt64LittleEndian(file, header.Length);
        header.CopyTo(file, 8);
        for (int i = 0; i < dataBytes; i++) file[8 + header.Length + i] = (byte)i;
        return file;
    }

    /// <summary>A file with three tensors of different types, one of them empty, and metadata.</summary>
    public static byte[] Small()
    {
        using var stream = new MemoryStream();
        SafetensorsWriter.Write(
            stream,
            [
                new NamedTensor("weight", [2, 3], new float[] { 1, -2, 3.5f, 4, 5, 6 }),
                new NamedTensor("ids", TensorType.I32, [2], new byte[] { 7, 0, 0, 0, 255, 255, 255, 255 }),
                new NamedTensor("none", [0, 4], Array.Empty<float>()),
                new NamedTensor("half", TensorType.F16, [3], new byte[] { 0, 0x3c, 0, 0xc0, 0, 0x7c }),
            ],
            new Dictionary<string, string> { ["format"] = "pt", ["note"] = "häß \"quoted\"" });
        return stream.ToArray();
    }

    /// <summary>Reads every tensor in full, as whatever it is.</summary>
    public static void ReadAll(SafetensorsFile file)
    {
        foreach (TensorEntry tensor in file.Tensors)
        {
            byte[] bytes = new byte[tensor.Length];
            file.ReadBytes(tensor.Name, 0, bytes);
            if (tensor.Type is TensorType.F32 or TensorType.F16 or TensorType.BF16 or TensorType.F64) file.ReadFloats(tensor.Name, new float[tensor.Count]);
        }
    }
}
