using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Turns a row of logits into exponentials against its running maximum, and rescales what the row had accumulated.</summary>
/// <remarks>A row lies in a block whose rows have room for a vector beyond the last key: lanes behind the last visible one become zeros.</remarks>
internal static unsafe class OnlineSoftmax
{
    /// <summary>One row.</summary>
    /// <param name="logits">In: logits of visible keys; out: exponentials.</param>
    /// <param name="count">Number of visible keys, 1 or more.</param>
    /// <param name="maximum">The row's largest logit so far.</param>
    /// <param name="sum">The row's sum of exponentials so far.</param>
    /// <param name="output">What the row accumulated.</param>
    /// <param name="width">Floats of the output, a multiple of 16.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Row<TLanes, TVector>(float* logits, int count, ref float maximum, ref float sum, float* output, int width)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var whole = (count - 1) / LaneDispatch.Count * LaneDispatch.Count;
        var mask = LaneMask.First<TLanes, TVector>(count - whole);
        var last = TLanes.Choose(mask, TLanes.Load(logits + whole), TLanes.Broadcast(float.NegativeInfinity));
        var largest = TLanes.Broadcast(maximum);
        for (var i = 0; i < whole; i += LaneDispatch.Count)
        {
            largest = TLanes.Max(largest, TLanes.Load(logits + i));
        }

        var highest = TLanes.Maximum(TLanes.Max(largest, last));
        if (sum > 0 && highest != maximum)
        {
            Rescale<TLanes, TVector>(maximum - highest, ref sum, output, width);
        }

        maximum = highest;
        var center = TLanes.Broadcast(highest);
        var total = TLanes.Broadcast(0);
        for (var i = 0; i < whole; i += LaneDispatch.Count)
        {
            var power = LaneMath.Exp<TLanes, TVector>(TLanes.Subtract(TLanes.Load(logits + i), center));
            total = TLanes.Add(total, power);
            TLanes.Store(logits + i, power);
        }

        var lastPower = LaneMath.Exp<TLanes, TVector>(TLanes.Subtract(last, center));
        total = TLanes.Add(total, lastPower);
        TLanes.Store(logits + whole, lastPower);
        sum += TLanes.Sum(total);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Rescale<TLanes, TVector>(float difference, ref float sum, float* output, int width)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var factor = LaneMath.Exp<TLanes, TVector>(TLanes.Broadcast(difference));
        sum *= TLanes.Maximum(factor);
        for (var i = 0; i < width; i += LaneDispatch.Count)
        {
            TLanes.Store(output + i, TLanes.Multiply(factor, TLanes.Load(output + i)));
        }
    }
}
