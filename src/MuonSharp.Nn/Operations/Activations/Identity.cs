using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>y = x.</summary>
internal readonly struct Identity : IActivation
{
    public static bool IsIdentity => true;

    public static bool DerivativeFromOutput => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Value<TLanes, TVector>(TVector x)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct => x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Value<TLanes, TVector>(TVector x, out TVector derivative)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        derivative = TLanes.Broadcast(1);
        return x;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Derivative<TLanes, TVector>(TVector kept)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct => TLanes.Broadcast(1);
}
