namespace MuonSharp.Formats;

/// <summary>The constants of the safetensors format and this reader's own limits.</summary>
internal static class SafetensorsFormat
{
    public const string Operation = "safetensors";

    /// <summary>The header's length comes first, as a 64-bit little-endian number.</summary>
    public const int LengthBytes = 8;

    /// <summary>The longest header, as in the reference implementation.</summary>
    public const int MaximumHeaderBytes = 100_000_000;

    /// <summary>More sizes than any tensor has; bounds what a hostile shape can make us allocate.</summary>
    public const int MaximumRank = 64;

    /// <summary>The header is padded with spaces so that the data starts at a multiple of this.</summary>
    public const int Alignment = 8;

    /// <summary>The header object, a tensor's object, an array of sizes.</summary>
    public const int MaximumDepth = 3;

    public const string MetadataKey = "__metadata__";
}
