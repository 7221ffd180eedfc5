using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>The inner product of each row of A with the same row of B.</summary>
internal unsafe struct RowDots : ILaneKernel
{
    public Matrix A;
    public Matrix B;
    public float* Dots;

    public readonly void Run<TLanes, TVector>()
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        for (var row = 0; row < A.Rows; row++)
        {
            var a = A.Data + (row * A.RowStride);
            var b = B.Data + (row * B.RowStride);
            var sum = TLanes.Broadcast(0);
            for (var i = 0; i < A.Columns; i += LaneDispatch.Count)
            {
                var left = A.Columns - i;
                sum = TLanes.MultiplyAdd(RowLanes.Load<TLanes, TVector>(a + i, left), RowLanes.Load<TLanes, TVector>(b + i, left), sum);
            }

            Dots[row] = TLanes.Sum(sum);
        }
    }
}
