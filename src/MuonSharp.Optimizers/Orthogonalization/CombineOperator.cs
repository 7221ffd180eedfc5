using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>y = a·first + b·second, the second product fused into the sum.</summary>
internal readonly struct CombineOperator(float first, float second) : IBinaryOperator
{
    public V Invoke<L, V>(V a, V b)
        where L : struct, ILanes<V>
        where V : struct => L.MultiplyAdd(b, L.Broadcast(second), L.Multiply(a, L.Broadcast(first)));
}
