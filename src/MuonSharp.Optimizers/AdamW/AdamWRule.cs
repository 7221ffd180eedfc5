using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>The AdamW update of sixteen elements.</summary>
internal readonly struct AdamWRule(AdamWCoefficients c) : IElementRule
{
    public static int States => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Change<L, V>(V gradient, V weight, ref V first, ref V second)
        where L : struct, ILanes<V>
        where V : struct
    {
        V square = L.Min(L.Multiply(gradient, gradient), L.Broadcast(float.MaxValue));
        first = StateFlush.Of<L, V>(L.MultiplyAdd(L.Broadcast(c.KeepFirst), first, L.Multiply(L.Broadcast(c.GainFirst), gradient)));
        second = StateFlush.Of<L, V>(L.MultiplyAdd(L.Broadcast(c.KeepSecond), second, L.Multiply(L.Broadcast(c.GainSecond), square)));
        V root = L.MultiplyAdd(L.Sqrt(second), L.Broadcast(c.Root), L.Broadcast(c.Epsilon));
        V direction = L.MultiplyAdd(L.Broadcast(c.Look), gradient, L.Multiply(first, L.Broadcast(c.Step)));
        return L.MultiplyAdd(L.Broadcast(c.Decay), weight, L.Divide(direction, root));
    }
}
