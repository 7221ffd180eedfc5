using System.Runtime.InteropServices;

namespace MuonSharp.Formats;

/// <summary>How the elements of a GGUF tensor are encoded, as far as they are read and written here; the numbers are those of the format.</summary>
/// <remarks>Source: ggml, <c>docs/gguf.md</c> and <c>ggml-quants</c> of llama.cpp.</remarks>
public enum GgufElement
{
    /// <summary>IEEE 754 single precision.</summary>
    F32 = 0,

    /// <summary>IEEE 754 half precision.</summary>
    F16 = 1,

    /// <summary>32 elements a block, <c>Q8_0</c>: a scale d in half precision, and 32 signed bytes q; the elements are d·q.</summary>
    Q80 = 8,

    /// <summary>The upper half of an IEEE 754 single.</summary>
    BF16 = 30,
}

/// <summary>Elements to bytes and back.</summary>
internal static class GgufElements
{
    private const int Block = 32;
    private const int BlockBytes = sizeof(ushort) + Block;

    private static readonly string[] s_names = ["F32", "F16", "Q4_0", "Q4_1", "", "", "Q5_0", "Q5_1", "Q8_0", "Q8_1", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "Q8_K"];

    /// <summary>What the format calls an encoding.</summary>
    public static string NameOf(uint type) => type < s_names.Length && s_names[type].Length > 0 ? s_names[type] : type == (uint)GgufElement.BF16 ? "BF16" : $"type {type}";

    /// <summary>Whether an encoding is one of ours.</summary>
    public static bool IsKnown(uint type) => Enum.IsDefined((GgufElement)type) && type <= int.MaxValue;

    /// <summary>Elements that are encoded together: a row is a multiple of it.</summary>
    public static int Together(GgufElement type) => type == GgufElement.Q80 ? Block : 1;

    /// <summary>Bytes of some elements, a multiple of those that are encoded together.</summary>
    public static long Bytes(GgufElement type, long count) => type switch
    {
        GgufElement.F32 => count * sizeof(float),
        GgufElement.Q80 => count / Block * BlockBytes,
        _ => count * sizeof(ushort),
    };

    /// <summary>Bytes to elements; as many as the destination is long.</summary>
    public static void Decode(GgufElement type, ReadOnlySpan<byte> source, Span<float> destination)
    {
        switch (type)
        {
            case GgufElement.F32:
                source.CopyTo(MemoryMarshal.AsBytes(destination));
                break;
            case GgufElement.F16:
                ElementConversion.ToFloats(TensorType.F16, source, destination);
                break;
            case GgufElement.BF16:
                ElementConversion.ToFloats(TensorType.BF16, source, destination);
                break;
            default:
                for (int block = 0; block < destination.Length / Block; block++)
                {
                    ReadOnlySpan<byte> bytes = source.Slice(block * BlockBytes, BlockBytes);
                    float scale = (float)BitConverter.ToHalf(bytes);
                    for (int i = 0; i < Block; i++)
                    {
                        destination[(block * Block) + i] = scale * (sbyte)bytes[sizeof(ushort) + i];
                    }
                }

                break;
        }
    }

    /// <summary>Elements to bytes.</summary>
    public static void Encode(GgufElement type, ReadOnlySpan<float> source, Span<byte> destination)
    {
        switch (type)
        {
            case GgufElement.F32:
                MemoryMarshal.AsBytes(source).CopyTo(destination);
                break;
            case GgufElement.F16:
                for (int i = 0; i < source.Length; i++)
                {
                    BitConverter.TryWriteBytes(destination[(2 * i)..], (Half)source[i]);
                }

                break;
            case GgufElement.BF16:
                for (int i = 0; i < source.Length; i++)
                {
                    BitConverter.TryWriteBytes(destination[(2 * i)..], RoundedUpperHalf(source[i]));
                }

                break;
            default:
                for (int block = 0; block < source.Length / Block; block++)
                {
                    EncodeBlock(source.Slice(block * Block, Block), destination.Slice(block * BlockBytes, BlockBytes));
                }

                break;
        }
    }

    /// <summary>d = max |x| / 127 and q = x / d, rounded to nearest, halves away from zero, as ggml does.</summary>
    private static void EncodeBlock(ReadOnlySpan<float> source, Span<byte> destination)
    {
        float greatest = 0;
        foreach (float value in source)
        {
            greatest = Math.Max(greatest, Math.Abs(value));
        }

        float scale = greatest / 127, inverse = scale == 0 ? 0 : 1 / scale;
        BitConverter.TryWriteBytes(destination, (Half)scale);
        for (int i = 0; i < Block; i++)
        {
            destination[sizeof(ushort) + i] = (byte)(sbyte)MathF.Round(source[i] * inverse, MidpointRounding.AwayFromZero);
        }
    }

    private static ushort RoundedUpperHalf(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)((bits >> 16) | 0x40) : (ushort)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
    }
}
