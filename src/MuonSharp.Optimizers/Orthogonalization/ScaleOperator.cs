using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>y = factor·x.</summary>
internal readonly struct ScaleOperator(float factor) : IUnaryOperator
{
    public V Invoke<L, V>(V x)
        where L : struct, ILanes<V>
        where V : struct => L.Multiply(x, L.Broadcast(factor));
}
