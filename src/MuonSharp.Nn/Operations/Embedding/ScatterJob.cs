using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Adds each token's gradient to its row of the table, tokens in order. A task is a block of the table: a range of rows and of
/// columns that nobody else writes.</summary>
internal unsafe struct ScatterJob : ITeamJob, ILaneKernel
{
    private const int ColumnsPerTask = 64;
    private const int VocabularyCuts = 4;

    public int* Tokens;
    public int Count;
    public int Vocabulary;
    public int Width;
    public float* Source;
    public float* Gradient;
    public bool Add;
    private int _task;

    public readonly int Tasks => Cut.Pieces(Width, ColumnsPerTask) * VocabularyCuts;

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
        var column = _task / VocabularyCuts * ColumnsPerTask;
        var columns = Math.Min(ColumnsPerTask, Width - column);
        var rows = Cut.Pieces(Vocabulary, VocabularyCuts);
        var first = _task % VocabularyCuts * rows;
        var end = Math.Min(Vocabulary, first + rows);
        for (var row = first; row < end && !Add; row++)
        {
            new Span<float>(Gradient + ((nint)row * Width) + column, columns).Clear();
        }

        for (var t = 0; t < Count; t++)
        {
            if (Tokens[t] < first || Tokens[t] >= end)
            {
                continue;
            }

            var from = Source + ((nint)t * Width) + column;
            var into = Gradient + ((nint)Tokens[t] * Width) + column;
            var i = 0;
            for (; i <= columns - LaneDispatch.Count; i += LaneDispatch.Count)
            {
                TLanes.Store(into + i, TLanes.Add(TLanes.Load(into + i), TLanes.Load(from + i)));
            }

            for (; i < columns; i++)
            {
                into[i] += from[i];
            }
        }
    }
}
