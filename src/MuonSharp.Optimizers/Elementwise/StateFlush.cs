using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>State below the smallest normal float32 is zero: it would be slow, shrink for ever and never arrive.</summary>
internal static class StateFlush
{
    private const float SmallestNormal = 1.17549435e-38f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Of<L, V>(V value)
        where L : struct, ILanes<V>
        where V : struct => L.Choose(L.LessThan(L.Abs(value), L.Broadcast(SmallestNormal)), L.Broadcast(0), value);
}
