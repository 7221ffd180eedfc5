namespace MuonSharp.Optimizers;

/// <summary>How tensors follow each other in a flat buffer: each starts at a multiple of one cache line.</summary>
internal static class FlatLayout
{
    /// <summary>Floats in a cache line of 64 bytes, which is also the widest vector.</summary>
    public const int Alignment = 16;

    public static long Padded(long length) => (length + Alignment - 1) / Alignment * Alignment;
}
