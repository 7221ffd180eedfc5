using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Copies the vector of each token and adds that of its position. A task is a range of tokens.</summary>
internal unsafe struct GatherJob : ITeamJob, ILaneKernel
{
    public int* Tokens;
    public int Count;
    public int Width;
    public int Time;
    public float* Table;
    public float* Positions;
    public float* Output;
    private int _task;

    public readonly void Run(int task, int worker)
    {
        var mine = this;
        mine._task = task;
        LaneDispatch.Run(ref mine);
    }

    public readonly void Run<TLanes, TVector>()
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var rows = Cut.RowsPerTask(Width);
        var end = Math.Min(Count, (_task + 1) * rows);
        for (var t = _task * rows; t < end; t++)
        {
            var source = Table + ((nint)Tokens[t] * Width);
            var output = Output + ((nint)t * Width);
            if (Positions == null)
            {
                new ReadOnlySpan<float>(source, Width).CopyTo(new Span<float>(output, Width));
                continue;
            }

            var position = Positions + ((nint)(t % Time) * Width);
            var i = 0;
            for (; i <= Width - LaneDispatch.Count; i += LaneDispatch.Count)
            {
                TLanes.Store(output + i, TLanes.Add(TLanes.Load(source + i), TLanes.Load(position + i)));
            }

            for (; i < Width; i++)
            {
                output[i] = source[i] + position[i];
            }
        }
    }
}
