using System.Runtime.InteropServices;

namespace MuonSharp.Numerics;

/// <summary>A counter alone in its cache lines, so that workers who hammer it disturb nobody else.</summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
internal struct PaddedCounter
{
    /// <summary>Distance in longs that keeps two counters of an array in different cache lines.</summary>
    public const int Stride = 16;

    /// <summary>The count.</summary>
    [FieldOffset(64)]
    public long Value;
}
