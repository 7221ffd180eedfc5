using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Records losses that are put together of other operations.</summary>
public static class MeanLossRecording
{
    /// <summary>The mean of all elements as a loss: what the last line of a loss of one's own is, <c>loss.mean()</c> in torch.</summary>
    /// <remarks>Every element's gradient is <see cref="Loss.GradientScale"/> over their number. Sums are those of the other losses: lanes over 256 elements, then doubles in a fixed order.</remarks>
    /// <param name="tape">The tape.</param>
    /// <param name="losses">The loss of each element (or of each row), any shape.</param>
    /// <returns>Where the mean appears after a forward run; <see cref="Loss.Counted"/> is the number of elements.</returns>
    public static Loss MeanLoss(this Tape tape, Tensor losses) => tape.Record(new PointwiseLossOperation<ElementAsLoss>("mean-loss", losses, losses, default)).Loss;
}

/// <summary>y, 1: the target is not looked at.</summary>
internal readonly struct ElementAsLoss : IPointwiseLoss
{
    public static float NoLoss => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Loss<L, V>(V prediction, V target, out V derivative)
        where L : struct, ILanes<V>
        where V : struct
    {
        derivative = L.Broadcast(1);
        return prediction;
    }
}
