using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>a b.</summary>
internal readonly struct ProductFormula : IElementFormula
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Apply<TLanes, TVector>(TVector a, TVector b)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct => TLanes.Multiply(a, b);
}
