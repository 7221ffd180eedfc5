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
            Vectors<TLanes, TVector>(row, X + at, Dy + at, row > first);
            if (Dx != null)
            {
                Row<TLanes, TVector>(row, X + at, Dy + at, Dx + at);
            }
        }
    }

    private readonly void Vectors<TLanes, TVector>(int row, float* x, float* dy, bool add)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var (mean, scale) = (TLanes.Broadcast(Mean[row]), TLanes.Broadcast(Scale[row]));
        for (var i = 0; i < Columns && (GainPartial != null || BiasPartial != null); i += LaneDispatch.Count)
        {
            var left = Columns - i;
            var gradient = RowLanes.Load<TLanes, TVector>(dy + i, left);
            if (GainPartial != null)
            {
                var normal = TLanes.Multiply(TLanes.Subtract(RowLanes.Load<TLanes, TVector>(x + i, left), mean), scale);
                RowLanes.StoreOrAdd<TLanes, TVector>(GainPartial + i, TLanes.Multiply(gradient, normal), left, add);
            }

            if (BiasPartial != null)
            {
                RowLanes.StoreOrAdd<TLanes, TVector>(BiasPartial + i, gradient, left, add);
            }
        }
    }

    private readonly void Row<TLanes, TVector>(int row, float* x, float* dy, float* dx)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var (mean, scale) = (TLanes.Broadcast(Mean[row]), TLanes.Broadcast(Scale[row]));
        var (sum, sumWithNormal) = (TLanes.Broadcast(0), TLanes.Broadcast(0));
        for (var i = 0; i < Columns; i += LaneDispatch.Count)
        {
            var left = Columns - i;
            var weighted = TLanes.Multiply(RowLanes.Load<TLanes, TVector>(dy + i, left), RowLanes.Load<TLanes, TVector>(Gain + i, left));
            var normal = TLanes.Multiply(TLanes.Subtract(RowLanes.Load<TLanes, TVector>(x + i, left), mean), scale);
            sum = TLanes.Add(sum, weighted);
            sumWithNormal = TLanes.MultiplyAdd(weighted, normal, sumWithNormal);
        }

        var average = TLanes.Broadcast(Centered ? TLanes.Sum(sum) / Columns : 0);
        var averageWithNormal = TLanes.Broadcast(TLanes.Sum(sumWithNormal) / Columns);
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
