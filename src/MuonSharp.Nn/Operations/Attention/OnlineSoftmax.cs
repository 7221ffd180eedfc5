using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Turns a block of logits into exponentials against each row's running maximum, and rescales what the rows had accumulated.</summary>
internal unsafe struct OnlineSoftmax : ILaneKernel
{
    public AttentionGeometry Geometry;
    public float* Logits;
    public float* Maximum;
    public float* Sum;
    public Matrix Output;
    public int FirstQuery;
    public int FirstKey;
    public int Keys;

    public readonly void Start()
    {
        new Span<float>(Maximum, AttentionGeometry.Block).Fill(float.NegativeInfinity);
        new Span<float>(Sum, AttentionGeometry.Block).Clear();
    }

    public readonly void Run<TLanes, TVector>()
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        for (var row = 0; row < Output.Rows; row++)
        {
            var (first, end) = Geometry.Visible(FirstQuery + row, FirstKey, Keys);
            var logits = Logits + (row * AttentionGeometry.Block);
            new Span<float>(logits, first).Clear();
            new Span<float>(logits + Math.Max(first, end), Keys - Math.Max(first, end)).Clear();
            if (first < end)
            {
                Row<TLanes, TVector>(row, logits + first, end - first);
            }
        }
    }

    private readonly void Row<TLanes, TVector>(int row, float* logits, int count)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var largest = TLanes.Broadcast(Maximum[row]);
        for (var i = 0; i < count; i += LaneDispatch.Count)
        {
            largest = TLanes.Max(largest, RowLanes.Load<TLanes, TVector>(logits + i, count - i, float.NegativeInfinity));
        }

        var maximum = TLanes.Maximum(largest);
        if (Sum[row] > 0 && maximum != Maximum[row])
        {
            Rescale<TLanes, TVector>(row, maximum);
        }

        Maximum[row] = maximum;
        var center = TLanes.Broadcast(maximum);
        var sum = TLanes.Broadcast(0);
        for (var i = 0; i < count; i += LaneDispatch.Count)
        {
            var logit = RowLanes.Load<TLanes, TVector>(logits + i, count - i, float.NegativeInfinity);
            var power = LaneMath.Exp<TLanes, TVector>(TLanes.Subtract(logit, center));
            sum = TLanes.Add(sum, power);
            RowLanes.Store<TLanes, TVector>(logits + i, power, count - i);
        }

        Sum[row] += TLanes.Sum(sum);
    }

    private readonly void Rescale<TLanes, TVector>(int row, float maximum)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var factor = LaneMath.Exp<TLanes, TVector>(TLanes.Broadcast(Maximum[row] - maximum));
        Sum[row] *= TLanes.Maximum(factor);
        var output = Output.Data + (row * Output.RowStride);
        for (var i = 0; i < Output.Columns; i += LaneDispatch.Count)
        {
            var left = Output.Columns - i;
            RowLanes.Store<TLanes, TVector>(output + i, TLanes.Multiply(factor, RowLanes.Load<TLanes, TVector>(output + i, left)), left);
        }
    }
}
