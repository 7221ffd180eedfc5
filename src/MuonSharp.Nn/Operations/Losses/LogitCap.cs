using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>A soft cap of logits, z' = cap tanh(z / cap): near the identity for small ones, never beyond ±cap.</summary>
/// <remarks>dz = dz' (1 - (z' / cap)²), which is off by some 6e-8 dz' whatever z: where a logit is far beyond the cap, so that little is left of its gradient, by more than usual of that. Source: Gemma Team, "Gemma 2", 2024, as the NanoGPT speedrun has it (cap 30).</remarks>
internal static unsafe class LogitCap
{
    /// <summary>Caps logits in place.</summary>
    public static void Apply(WorkerTeam team, double cap, float* logits, long count) =>
        Elementwise.Map(team, logits, logits, count, new Value((float)cap, (float)(1 / cap)));

    /// <summary>Turns gradients of capped logits into those of the logits, in place.</summary>
    public static void Backward(WorkerTeam team, double cap, float* capped, float* gradients, long count) =>
        Elementwise.Map2(team, capped, gradients, gradients, count, new Slope((float)(1 / cap)));

    private readonly struct Value(float cap, float inverse) : IUnaryOperator
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Invoke<L, V>(V x)
            where L : struct, ILanes<V>
            where V : struct => L.Multiply(L.Broadcast(cap), LaneMath.Tanh<L, V>(L.Multiply(x, L.Broadcast(inverse))));
    }

    private readonly struct Slope(float inverse) : IBinaryOperator
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Invoke<L, V>(V a, V b)
            where L : struct, ILanes<V>
            where V : struct
        {
            V share = L.Multiply(a, L.Broadcast(inverse)), one = L.Broadcast(1);
            return L.Multiply(b, L.Multiply(L.Subtract(one, share), L.Add(one, share)));
        }
    }
}
