namespace MuonSharp.Formats;

/// <summary>Size and name in files of each <see cref="TensorType"/>.</summary>
public static class TensorTypes
{
    private static readonly (string Name, int Size)[] Table =
    [
        ("BOOL", 1), ("U8", 1), ("I8", 1), ("F8_E5M2", 1), ("F8_E4M3", 1), ("F8_E8M0", 1),
        ("U16", 2), ("I16", 2), ("F16", 2), ("BF16", 2),
        ("U32", 4), ("I32", 4), ("F32", 4),
        ("C64", 8), ("U64", 8), ("I64", 8), ("F64", 8),
    ];

    /// <summary>Bytes of one element.</summary>
    /// <param name="type">The element's encoding.</param>
    /// <returns>1, 2, 4 or 8.</returns>
    public static int SizeInBytes(this TensorType type) => Table[(int)type].Size;

    /// <summary>The name in a safetensors header, such as <c>BF16</c> or <c>F8_E4M3</c>.</summary>
    /// <param name="type">The element's encoding.</param>
    /// <returns>The name in capitals.</returns>
    public static string FileName(this TensorType type) => Table[(int)type].Name;

    /// <summary>Finds the type with a given name in a header.</summary>
    /// <param name="fileName">The name, in capitals.</param>
    /// <param name="type">The type, if there is one of that name.</param>
    /// <returns>False if no type has that name.</returns>
    public static bool TryParse(string fileName, out TensorType type)
    {
        int index = Array.FindIndex(Table, entry => string.Equals(entry.Name, fileName, StringComparison.Ordinal));
        type = (TensorType)Math.Max(index, 0);
        return index >= 0;
    }
}
