using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Masks of the first lanes, for the end of a row in memory that reaches on.</summary>
internal static unsafe class LaneMask
{
    private static ReadOnlySpan<int> Table =>
    [
        -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];

    /// <summary>All-ones in the first lanes, zeros in the others.</summary>
    /// <param name="count">How many, 0 to 16.</param>
    /// <returns>The mask.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector First<TLanes, TVector>(int count)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        // A constant of the assembly stays where it is.
        var table = (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(Table));
        return TLanes.Load(table + LaneDispatch.Count - count);
    }
}
