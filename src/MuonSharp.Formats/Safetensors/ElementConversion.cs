using System.Numerics;
using System.Runtime.InteropServices;

namespace MuonSharp.Formats;

/// <summary>Stored elements to the types that the rest of the project computes with.</summary>
internal static class ElementConversion
{
    public static bool IsInteger(TensorType type) => type is TensorType.Bool
        or TensorType.U8 or TensorType.U16 or TensorType.U32 or TensorType.U64
        or TensorType.I8 or TensorType.I16 or TensorType.I32 or TensorType.I64;

    /// <summary>F16, BF16 or F64 to float; the caller has checked the type and the sizes.</summary>
    public static void ToFloats(TensorType type, ReadOnlySpan<byte> source, Span<float> destination)
    {
        switch (type)
        {
            case TensorType.F16:
                Cast<Half, float>(source, destination);
                break;
            case TensorType.F64:
                Cast<double, float>(source, destination);
                break;
            default:
                ReadOnlySpan<ushort> halves = MemoryMarshal.Cast<byte, ushort>(source);
                for (int i = 0; i < destination.Length; i++)
                {
                    destination[i] = BitConverter.UInt32BitsToSingle((uint)halves[i] << 16);
                }

                break;
        }
    }

    /// <summary>Any integer type to long; throws <see cref="OverflowException"/> for a U64 that does not fit.</summary>
    public static void ToIntegers(TensorType type, ReadOnlySpan<byte> source, Span<long> destination)
    {
        switch (type)
        {
            case TensorType.I8:
                Cast<sbyte, long>(source, destination);
                break;
            case TensorType.U16:
                Cast<ushort, long>(source, destination);
                break;
            case TensorType.I16:
                Cast<short, long>(source, destination);
                break;
            case TensorType.U32:
                Cast<uint, long>(source, destination);
                break;
            case TensorType.I32:
                Cast<int, long>(source, destination);
                break;
            case TensorType.U64:
                Cast<ulong, long>(source, destination);
                break;
            case TensorType.I64:
                Cast<long, long>(source, destination);
                break;
            default:
                Cast<byte, long>(source, destination);
                break;
        }
    }

    private static void Cast<TFrom, TTo>(ReadOnlySpan<byte> source, Span<TTo> destination)
        where TFrom : unmanaged, INumberBase<TFrom>
        where TTo : INumberBase<TTo>
    {
        ReadOnlySpan<TFrom> values = MemoryMarshal.Cast<byte, TFrom>(source);
        for (int i = 0; i < destination.Length; i++)
        {
            destination[i] = TTo.CreateChecked(values[i]);
        }
    }
}
