using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>On a block of logits S and of gradients G of the probabilities: P = exp(S - L) where the query sees the key and else 0, then
/// G = P (G - D) scale, in place.</summary>
internal unsafe struct SoftmaxGradient : ILaneKernel
{
    public AttentionGeometry Geometry;
    public Matrix Probabilities;
    public float* Gradients;
    public float* LogSumExp;
    public float* Dots;
    public int FirstQuery;
    public int FirstKey;

    public readonly void Run<TLanes, TVector>()
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        for (var row = 0; row < Probabilities.Rows; row++)
        {
            var query = FirstQuery + row;
            var (first, end) = Geometry.Visible(query, FirstKey, Probabilities.Columns);
            var probabilities = Probabilities.Data + (row * AttentionGeometry.Block);
            var gradients = Gradients + (row * AttentionGeometry.Block);
            Clear(probabilities, gradients, 0, first);
            Clear(probabilities, gradients, Math.Max(first, end), Probabilities.Columns);
            for (var i = first; i < end; i += LaneDispatch.Count)
            {
                Lanes<TLanes, TVector>(probabilities + i, gradients + i, end - i, LogSumExp[query], Dots[query]);
            }
        }
    }

    private static void Clear(float* probabilities, float* gradients, int first, int end)
    {
        new Span<float>(probabilities + first, end - first).Clear();
        new Span<float>(gradients + first, end - first).Clear();
    }

    private readonly void Lanes<TLanes, TVector>(float* probabilities, float* gradients, int left, float logSumExp, float dot)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var logit = RowLanes.Load<TLanes, TVector>(probabilities, left);
        var probability = LaneMath.Exp<TLanes, TVector>(TLanes.Subtract(logit, TLanes.Broadcast(logSumExp)));
        var rest = TLanes.Subtract(RowLanes.Load<TLanes, TVector>(gradients, left), TLanes.Broadcast(dot));
        var gradient = TLanes.Multiply(TLanes.Multiply(probability, rest), TLanes.Broadcast(Geometry.Scale));
        RowLanes.Store<TLanes, TVector>(probabilities, probability, left);
        RowLanes.Store<TLanes, TVector>(gradients, gradient, left);
    }
}
