using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>result[row] = [start[row] +] Σ [weight ·] sorted[place of (row, slot)], slots in order: one chain an element. A task is a range of rows.</summary>
internal unsafe struct ExpertSum(ExpertChoice choice, int width) : ITaskKernel
{
    private readonly float* _places = choice.Places.Data;
    private readonly int _rows = choice.Places.Rows;
    private readonly int _active = choice.Active;

    public float* Sorted;
    public float* Start;
    public float* Result;
    public float* Weights;

    public static void Run(WorkerTeam team, ExpertSum kernel) =>
        team.RunLanes(TaskSize.Pieces(kernel._rows, TaskSize.RowsPerTask(kernel.Width)), kernel);

    /// <summary>Copies each row to its places.</summary>
    public static void Scatter(WorkerTeam team, float* rows, float* sorted, ExpertChoice choice, int width)
    {
        var job = new ScatterJob(rows, sorted, choice.Places.Data, choice.Places.Rows, choice.Active, width);
        team.Run(TaskSize.Pieces(choice.Places.Rows, TaskSize.RowsPerTask(width)), ref job);
    }

    private readonly int Width => width;

    public readonly void Run<L, V>(int task, int worker)
        where L : struct, ILanes<V>
        where V : struct
    {
        int end = Math.Min(_rows, (task + 1) * TaskSize.RowsPerTask(width));
        for (int row = task * TaskSize.RowsPerTask(width); row < end; row++)
        {
            int i = 0;
            for (; i <= width - LaneDispatch.Count; i += LaneDispatch.Count)
            {
                Lanes<L, V, FullVector>(row, i);
            }

            if (i < width)
            {
                LastOfRow<L, V>(row, i);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly void LastOfRow<L, V>(int row, int column)
        where L : struct, ILanes<V>
        where V : struct => Lanes<L, V, RowEnd>(row, column);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Lanes<L, V, TExtent>(int row, int column)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent
    {
        int left = width - column;
        nint at = ((nint)row * width) + column;
        V sum = Start is null ? L.Broadcast(0) : TExtent.Load<L, V>(Start + at, left);
        for (int slot = row * _active; slot < (row + 1) * _active; slot++)
        {
            V value = TExtent.Load<L, V>(Sorted + ((nint)_places[slot] * width) + column, left);
            sum = Weights is null ? L.Add(sum, value) : L.MultiplyAdd(L.Broadcast(Weights[slot]), value, sum);
        }

        TExtent.Store<L, V>(Result + at, sum, left);
    }

    private readonly struct ScatterJob(float* rows, float* sorted, float* places, int count, int active, int width) : ITeamJob
    {
        public void Run(int task, int worker)
        {
            int end = Math.Min(count, (task + 1) * TaskSize.RowsPerTask(width));
            for (int row = task * TaskSize.RowsPerTask(width); row < end; row++)
            {
                for (int slot = row * active; slot < (row + 1) * active; slot++)
                {
                    new ReadOnlySpan<float>(rows + ((nint)row * width), width).CopyTo(new Span<float>(sorted + ((nint)places[slot] * width), width));
                }
            }
        }
    }
}

/// <summary>Gradients of the sorted rows and of the weights. A task is a range of rows, and all their places.</summary>
internal unsafe struct ExpertSumBackward(ExpertChoice choice, int width) : ITaskKernel
{
    private readonly float* _places = choice.Places.Data;
    private readonly float* _weights = choice.Weights.Data;
    private readonly int _rows = choice.Places.Rows;
    private readonly int _active = choice.Active;

    public float* Sorted;
    public float* OutputGradient;
    public float* SortedGradient;
    public float* WeightGradient;
    public bool AddSorted;
    public bool AddWeight;

    public readonly void Run<L, V>(int task, int worker)
        where L : struct, ILanes<V>
        where V : struct
    {
        int end = Math.Min(_rows, (task + 1) * TaskSize.RowsPerTask(width));
        for (int slot = task * TaskSize.RowsPerTask(width) * _active; slot < end * _active; slot++)
        {
            float* dy = OutputGradient + ((nint)(slot / _active) * width);
            nint place = (nint)_places[slot] * width;
            V dot = L.Broadcast(0), weight = L.Broadcast(_weights[slot]);
            int i = 0;
            for (; i <= width - LaneDispatch.Count; i += LaneDispatch.Count)
            {
                dot = Lanes<L, V, FullVector>(dy + i, place + i, width - i, weight, dot);
            }

            if (i < width)
            {
                dot = LastOfRow<L, V>(dy + i, place + i, width - i, weight, dot);
            }

            if (WeightGradient is not null)
            {
                WeightGradient[slot] = (AddWeight ? WeightGradient[slot] : 0) + L.Sum(dot);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly V LastOfRow<L, V>(float* dy, nint place, int left, V weight, V dot)
        where L : struct, ILanes<V>
        where V : struct => Lanes<L, V, RowEnd>(dy, place, left, weight, dot);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly V Lanes<L, V, TExtent>(float* dy, nint place, int left, V weight, V dot)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent
    {
        V gradient = TExtent.Load<L, V>(dy, left);
        if (SortedGradient is not null)
        {
            VectorExtents.StoreOrAdd<L, V, TExtent>(SortedGradient + place, L.Multiply(weight, gradient), left, AddSorted);
        }

        return WeightGradient is null ? dot : L.MultiplyAdd(gradient, TExtent.Load<L, V>(Sorted + place, left), dot);
    }
}
