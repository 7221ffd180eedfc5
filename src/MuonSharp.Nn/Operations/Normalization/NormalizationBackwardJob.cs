using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Gradients through a normalization: of the rows, and the chunk's share of those of gain and bias. A task is a chunk of rows.</summary>
internal unsafe struct NormalizationBackwardJob : ITeamJob, ILaneKernel
{
    public float* X;
    public float* Gain;
    public float* Dy;
    public float* Dx;
    public bool AddDx;
    public float* GainPartial;
    public float* BiasPartial;
    public float* Mean;
    public float* Scale;
    public int Rows;
    public int Columns;
    public bool Centered;
    private int _task;

    public readonly void Run(int task, int worker)
    {
        var mine = this;
        mine._task = task;
        mine.GainPartial = GainPartial == null ? null : GainPartial + ((nint)task * Columns);
        mine.BiasPartial = BiasPartial == null ? null : BiasPartial + ((nint)task * Columns);
        LaneDispatch.Run(ref mine);
    }

    public readonly void Run<TLanes, TVector>()
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var rows = Cut.RowsPerTask(Columns);
        var first = _task * rows;
        var end = Math.Min(Rows, first + rows);
        for (var row = first; row < end; row++)
        {
            var at = (nint)row * Columns;
            var (average, averageWithNormal) = Sums<TLanes, TVector>(row, X + at, Dy + at, row > first);
            if (Dx != null)
            {
                Write<TLanes, TVector>(row, X + at, Dy + at, Dx + at, TLanes.Broadcast(average), TLanes.Broadcast(averageWithNormal));
            }
        }
    }

    /// <summary>One pass over a row: the means of g and of g h, and the row's share of the vectors' gradients.</summary>
    private readonly (float Average, float AverageWithNormal) Sums<TLanes, TVector>(int row, float* x, float* dy, bool add)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var (mean, scale) = (TLanes.Broadcast(Mean[row]), TLanes.Broadcast(Scale[row]));
        var (sum, sumWithNormal) = (TLanes.Broadcast(0), TLanes.Broadcast(0));
        for (var i = 0; i < Columns; i += LaneDispatch.Count)
        {
            var left = Columns - i;
            var gradient = RowLanes.Load<TLanes, TVector>(dy + i, left);
            var normal = TLanes.Multiply(TLanes.Subtract(RowLanes.Load<TLanes, TVector>(x + i, left), mean), scale);
            var weighted = TLanes.Multiply(gradient, RowLanes.Load<TLanes, TVector>(Gain + i, left));
            sum = TLanes.Add(sum, weighted);
            sumWithNormal = TLanes.MultiplyAdd(weighted, normal, sumWithNormal);
            if (GainPartial != null)
            {
                RowLanes.StoreOrAdd<TLanes, TVector>(GainPartial + i, TLanes.Multiply(gradient, normal), left, add);
            }

            if (BiasPartial != null)
            {
                RowLanes.StoreOrAdd<TLanes, TVector>(BiasPartial + i, gradient, left, add);
            }
        }

        return (Centered ? TLanes.Sum(sum) / Columns : 0, TLanes.Sum(sumWithNormal) / Columns);
    }

    private readonly void Write<TLanes, TVector>(int row, float* x, float* dy, float* dx, TVector average, TVector averageWithNormal)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var (mean, scale) = (TLanes.Broadcast(Mean[row]), TLanes.Broadcast(Scale[row]));
        for (var i = 0; i < Columns; i += LaneDispatch.Count)
        {
            var left = Columns - i;
            var weighted = TLanes.Multiply(RowLanes.Load<TLanes, TVector>(dy + i, left), RowLanes.Load<TLanes, TVector>(Gain + i, left));
            var normal = TLanes.Multiply(TLanes.Subtract(RowLanes.Load<TLanes, TVector>(x + i, left), mean), scale);
            var rest = TLanes.Subtract(TLanes.Subtract(weighted, average), TLanes.Multiply(normal, averageWithNormal));
            RowLanes.StoreOrAdd<TLanes, TVector>(dx + i, TLanes.Multiply(rest, scale), left, AddDx);
        }
    }
}
