using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Sixteen lanes that all exist.</summary>
internal readonly unsafe struct Whole : IExtent
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Load<TLanes, TVector>(float* source, int left, float fill = 0)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct => TLanes.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<TLanes, TVector>(float* destination, TVector value, int left)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct => TLanes.Store(destination, value);
}
