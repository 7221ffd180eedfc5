using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>The inner product of each row of A with the same row of B.</summary>
internal static unsafe class RowDots
{
    /// <summary>dots[r] = a[r] · b[r].</summary>
    public static void Run<TLanes, TVector>(Matrix a, Matrix b, float* dots)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        for (var row = 0; row < a.Rows; row++)
        {
            var left = a.Data + (row * a.RowStride);
            var right = b.Data + (row * b.RowStride);
            var sum = TLanes.Broadcast(0);
            var i = 0;
            for (; i <= a.Columns - LaneDispatch.Count; i += LaneDispatch.Count)
            {
                sum = TLanes.MultiplyAdd(TLanes.Load(left + i), TLanes.Load(right + i), sum);
            }

            dots[row] = i < a.Columns ? Rest<TLanes, TVector>(left + i, right + i, a.Columns - i, sum) : TLanes.Sum(sum);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float Rest<TLanes, TVector>(float* a, float* b, int left, TVector sum)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct =>
        TLanes.Sum(TLanes.MultiplyAdd(Part.Load<TLanes, TVector>(a, left), Part.Load<TLanes, TVector>(b, left), sum));
}
