namespace MuonSharp.Formats;

/// <summary>What the reader and the writer of GGUF files agree on.</summary>
/// <remarks>Source: ggml, <c>docs/gguf.md</c>.</remarks>
internal static class GgufFormat
{
    public const string Operation = "gguf";
    public const uint Version = 3;
    public const int DefaultAlignment = 32;
    public const string AlignmentKey = "general.alignment";
    public const int MostAxes = 4;

    public static ReadOnlySpan<byte> Magic => "GGUF"u8;

    public static long Aligned(long position, int alignment) => (position + alignment - 1) / alignment * alignment;
}

/// <summary>How a value of the metadata is encoded; the numbers are those of the format.</summary>
internal enum GgufKind
{
    U8 = 0,
    I8 = 1,
    U16 = 2,
    I16 = 3,
    U32 = 4,
    I32 = 5,
    F32 = 6,
    Bool = 7,
    Text = 8,
    List = 9,
    U64 = 10,
    I64 = 11,
    F64 = 12,
}
