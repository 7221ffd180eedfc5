using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Turns a row of logits into exponentials against its running maximum, and rescales what the row had accumulated.</summary>
/// <remarks>A row lies in a block whose rows have room for a vector beyond the last key: lanes behind the last visible one become zeros.</remarks>
internal static unsafe class OnlineSoftmax
{
    /// <summary>The largest logit of a row, this block included. Apart from the rest, since the rows of a strip wait for nothing of each other here.</summary>
    /// <param name="logits">Logits of visible keys.</param>
    /// <param name="count">Number of visible keys, 1 or more.</param>
    /// <param name="maximum">The row's largest logit so far.</param>
    /// <returns>The new maximum.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Highest<TLanes, TVector>(float* logits, int count, float maximum)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var largest = TLanes.Broadcast(maximum);
        var whole = (count - 1) / LaneDispatch.Count * LaneDispatch.Count;
        for (var i = 0; i < whole; i += LaneDispatch.Count)
        {
            largest = TLanes.Max(largest, TLanes.Load(logits + i));
        }

        return TLanes.Maximum(TLanes.Max(largest, Last<TLanes, TVector>(logits + whole, count - whole)));
    }

    /// <summary>The exponentials of a row.</summary>
    /// <param name="logits">In: logits of visible keys; out: exponentials.</param>
    /// <param name="count">Number of visible keys, 1 or more.</param>
    /// <param name="highest">The row's largest logit, this block included.</param>
    /// <param name="maximum">The same without this block; takes the new one.</param>
    /// <param name="sum">The row's sum of exponentials so far.</param>
    /// <param name="output">What the row accumulated.</param>
    /// <param name="width">Floats of the output, a multiple of 16.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Exponentials<TLanes, TVector>(
        float* logits, int count, float highest, ref float maximum, ref float sum, float* output, int width)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        if (sum > 0 && highest != maximum)
        {
            Rescale<TLanes, TVector>(maximum - highest, ref sum, output, width);
        }

        maximum = highest;
        var center = TLanes.Broadcast(highest);
        var total = TLanes.Broadcast(0);
        var whole = (count - 1) / LaneDispatch.Count * LaneDispatch.Count;
        for (var i = 0; i < whole; i += LaneDispatch.Count)
        {
            var power = LaneMath.Exp<TLanes, TVector>(TLanes.Subtract(TLanes.Load(logits + i), center));
            total = TLanes.Add(total, power);
            TLanes.Store(logits + i, power);
        }

        var last = LaneMath.Exp<TLanes, TVector>(TLanes.Subtract(Last<TLanes, TVector>(logits + whole, count - whole), center));
        TLanes.Store(logits + whole, last);
        sum += TLanes.Sum(TLanes.Add(total, last));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Last<TLanes, TVector>(float* logits, int left)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct =>
        TLanes.Choose(LaneMask.First<TLanes, TVector>(left), TLanes.Load(logits), TLanes.Broadcast(float.NegativeInfinity));

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
