using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Divides the accumulated outputs by each row's sum and writes the log-sum-exp.</summary>
internal unsafe struct OnlineSoftmaxEnd : ILaneKernel
{
    public float* Maximum;
    public float* Sum;
    public Matrix Output;
    public float* LogSumExp;

    /// <summary>The largest logit of the block, once run.</summary>
    public float Largest;

    public void Run<TLanes, TVector>()
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        Largest = float.NegativeInfinity;
        for (var row = 0; row < Output.Rows; row += LaneDispatch.Count)
        {
            var left = Output.Rows - row;
            var maximum = RowLanes.Load<TLanes, TVector>(Maximum + row, left, float.NegativeInfinity);
            var log = LaneMath.Log<TLanes, TVector>(RowLanes.Load<TLanes, TVector>(Sum + row, left, 1));
            RowLanes.Store<TLanes, TVector>(LogSumExp + row, TLanes.Add(maximum, log), left);
            Largest = MathF.Max(Largest, TLanes.Maximum(maximum));
        }

        for (var row = 0; row < Output.Rows; row++)
        {
            var factor = TLanes.Broadcast(1 / Sum[row]);
            var output = Output.Data + (row * Output.RowStride);
            for (var i = 0; i < Output.Columns; i += LaneDispatch.Count)
            {
                var left = Output.Columns - i;
                RowLanes.Store<TLanes, TVector>(output + i, TLanes.Multiply(factor, RowLanes.Load<TLanes, TVector>(output + i, left)), left);
            }
        }
    }
}
