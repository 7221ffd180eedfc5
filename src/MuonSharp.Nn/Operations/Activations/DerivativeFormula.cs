using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>a f'(b): the gradient that goes through an activation.</summary>
internal readonly struct DerivativeFormula<TActivation> : IElementFormula
    where TActivation : struct, IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Apply<TLanes, TVector>(TVector a, TVector b)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct => TLanes.Multiply(a, TActivation.Derivative<TLanes, TVector>(b));
}
