using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>y = x Φ(x), y' = Φ(x) + x φ(x), Φ and φ from one exponential.</summary>
/// <remarks>Source: D. Hendrycks and K. Gimpel, "Gaussian error linear units", arXiv:1606.08415.</remarks>
internal readonly struct Gelu : IActivation
{
    public static bool IsIdentity => false;

    public static bool DerivativeFromOutput => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Value<TLanes, TVector>(TVector x)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct => TLanes.Multiply(x, LaneMath.NormalDistribution<TLanes, TVector>(x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Value<TLanes, TVector>(TVector x, out TVector derivative)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var distribution = LaneMath.NormalDistribution<TLanes, TVector>(x, out var density);
        derivative = TLanes.MultiplyAdd(x, density, distribution);
        return TLanes.Multiply(x, distribution);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Derivative<TLanes, TVector>(TVector kept)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        Value<TLanes, TVector>(kept, out var derivative);
        return derivative;
    }
}
