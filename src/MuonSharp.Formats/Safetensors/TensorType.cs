namespace MuonSharp.Formats;

/// <summary>How one element of a stored tensor is encoded; little-endian throughout.</summary>
/// <remarks>Source: the safetensors format, https://github.com/huggingface/safetensors.</remarks>
public enum TensorType
{
    /// <summary>One byte, 0 or 1.</summary>
    Bool,

    /// <summary>Unsigned 8-bit integer.</summary>
    U8,

    /// <summary>Signed 8-bit integer.</summary>
    I8,

    /// <summary>8-bit float, 5 exponent and 2 mantissa bits.</summary>
    F8E5M2,

    /// <summary>8-bit float, 4 exponent and 3 mantissa bits.</summary>
    F8E4M3,

    /// <summary>8-bit power of two, no sign and no mantissa.</summary>
    F8E8M0,

    /// <summary>Unsigned 16-bit integer.</summary>
    U16,

    /// <summary>Signed 16-bit integer.</summary>
    I16,

    /// <summary>IEEE 754 half precision.</summary>
    F16,

    /// <summary>The upper half of an IEEE 754 single.</summary>
    BF16,

    /// <summary>Unsigned 32-bit integer.</summary>
    U32,

    /// <summary>Signed 32-bit integer.</summary>
    I32,

    /// <summary>IEEE 754 single precision.</summary>
    F32,

    /// <summary>Two IEEE 754 singles, real and imaginary part.</summary>
    C64,

    /// <summary>Unsigned 64-bit integer.</summary>
    U64,

    /// <summary>Signed 64-bit integer.</summary>
    I64,

    /// <summary>IEEE 754 double precision.</summary>
    F64,
}

/// <summary>Size and name in files of each <see cref="TensorType"/>.</summary>
public static class TensorTypes
{
    private static readonly (string Name, int Size)[] s_table =
    [
        ("BOOL", 1), ("U8", 1), ("I8", 1), ("F8_E5M2", 1), ("F8_E4M3", 1), ("F8_E8M0", 1),
        ("U16", 2), ("I16", 2), ("F16", 2), ("BF16", 2),
        ("U32", 4), ("I32", 4), ("F32", 4),
        ("C64", 8), ("U64", 8), ("I64", 8), ("F64", 8),
    ];

    /// <summary>Bytes of one element.</summary>
    /// <param name="type">The element's encoding.</param>
    /// <returns>1, 2, 4 or 8.</returns>
    public static int SizeInBytes(this TensorType type) => s_table[(int)type].Size;

    /// <summary>The name in a safetensors header, such as <c>BF16</c> or <c>F8_E4M3</c>.</summary>
    /// <param name="type">The element's encoding.</param>
    /// <returns>The name in capitals.</returns>
    public static string FileName(this TensorType type) => s_table[(int)type].Name;

    /// <summary>Finds the type with a given name in a header.</summary>
    /// <param name="fileName">The name, in capitals.</param>
    /// <param name="type">The type, if there is one of that name.</param>
    /// <returns>False if no type has that name.</returns>
    public static bool TryParse(string fileName, out TensorType type)
    {
        int index = Array.FindIndex(s_table, entry => string.Equals(entry.Name, fileName, StringComparison.Ordinal));
        type = (TensorType)Math.Max(index, 0);
        return index >= 0;
    }
}
