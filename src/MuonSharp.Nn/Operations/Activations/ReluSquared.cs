using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>y = max(x, 0)², y' = 2 max(x, 0) = 2 √y: the input need not be kept.</summary>
/// <remarks>Source: D. So et al., "Primer: searching for efficient transformers", arXiv:2109.08668.</remarks>
internal readonly struct ReluSquared : IActivation
{
    public static bool IsIdentity => false;

    public static bool DerivativeFromOutput => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Value<TLanes, TVector>(TVector x)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        // In this order a NaN stays a NaN: the processor's maximum takes its second operand then.
        var positive = TLanes.Max(TLanes.Broadcast(0), x);
        return TLanes.Multiply(positive, positive);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Value<TLanes, TVector>(TVector x, out TVector derivative)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var y = Value<TLanes, TVector>(x);
        derivative = Derivative<TLanes, TVector>(y);
        return y;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Derivative<TLanes, TVector>(TVector kept)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var root = TLanes.Sqrt(kept);
        return TLanes.Add(root, root);
    }
}
