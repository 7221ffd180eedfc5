using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>a: a copy, or a sum where the result is added.</summary>
internal readonly struct CopyFormula : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<L, V>(V x)
        where L : struct, ILanes<V>
        where V : struct => x;
}

/// <summary>a b.</summary>
internal readonly struct ProductFormula : IBinaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<L, V>(V a, V b)
        where L : struct, ILanes<V>
        where V : struct => L.Multiply(a, b);
}
