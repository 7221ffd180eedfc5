using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>On a row of logits S and of gradients G of the probabilities: P = exp(S - L), then G = P (G - D) scale, in place.</summary>
/// <remarks>A row lies in a block whose rows have room for a vector beyond the last key: lanes behind the last visible one become zeros.</remarks>
internal static unsafe class SoftmaxGradient
{
    /// <summary>One row.</summary>
    /// <param name="logits">In: S; out: P.</param>
    /// <param name="gradients">In: gradients of P; out: of S.</param>
    /// <param name="count">Number of visible keys, 1 or more.</param>
    /// <param name="logSumExp">L.</param>
    /// <param name="dot">D.</param>
    /// <param name="scale">Factor of the logits.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Row<TLanes, TVector>(float* logits, float* gradients, int count, float logSumExp, float dot, float scale)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var (center, product, factor) = (TLanes.Broadcast(logSumExp), TLanes.Broadcast(dot), TLanes.Broadcast(scale));
        var i = 0;
        for (; i <= count - LaneDispatch.Count; i += LaneDispatch.Count)
        {
            var probability = LaneMath.Exp<TLanes, TVector>(TLanes.Subtract(TLanes.Load(logits + i), center));
            var rest = TLanes.Subtract(TLanes.Load(gradients + i), product);
            TLanes.Store(logits + i, probability);
            TLanes.Store(gradients + i, TLanes.Multiply(TLanes.Multiply(probability, rest), factor));
        }

        if (i < count)
        {
            var zero = TLanes.Broadcast(0);
            var mask = LaneMask.First<TLanes, TVector>(count - i);
            var probability = LaneMath.Exp<TLanes, TVector>(TLanes.Subtract(TLanes.Load(logits + i), center));
            var rest = TLanes.Subtract(TLanes.Load(gradients + i), product);
            TLanes.Store(logits + i, TLanes.Choose(mask, probability, zero));
            TLanes.Store(gradients + i, TLanes.Choose(mask, TLanes.Multiply(TLanes.Multiply(probability, rest), factor), zero));
        }
    }
}
