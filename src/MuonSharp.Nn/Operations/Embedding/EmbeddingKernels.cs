using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Copies the vector of each token and adds that of its position. A task is a range of tokens.</summary>
internal unsafe struct GatherKernel : ITaskKernel
{
    public int* Tokens;
    public int Count;
    public int Width;
    public float* Table;
    public float* Positions;
    public RowPositions Places;
    public float* Output;

    public readonly void Run<L, V>(int task, int worker)
        where L : struct, ILanes<V>
        where V : struct
    {
        int rows = TaskSize.RowsPerTask(Width);
        int end = Math.Min(Count, (task + 1) * rows);
        for (int t = task * rows; t < end; t++)
        {
            float* source = Table + ((nint)Tokens[t] * Width);
            float* output = Output + ((nint)t * Width);
            if (Positions is null)
            {
                new ReadOnlySpan<float>(source, Width).CopyTo(new Span<float>(output, Width));
                continue;
            }

            float* position = Positions + ((nint)Places.Of(t) * Width);
            int i = 0;
            for (; i <= Width - LaneDispatch.Count; i += LaneDispatch.Count)
            {
                L.Store(output + i, L.Add(L.Load(source + i), L.Load(position + i)));
            }

            for (; i < Width; i++)
            {
                output[i] = source[i] + position[i];
            }
        }
    }
}

/// <summary>Adds each token's gradient to its row of the table, tokens in order. A task is a block of the table: a range of rows and of
/// columns that nobody else writes.</summary>
internal unsafe struct ScatterKernel : ITaskKernel
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

    public readonly int Tasks => TaskSize.Pieces(Width, ColumnsPerTask) * VocabularyCuts;

    public readonly void Run<L, V>(int task, int worker)
        where L : struct, ILanes<V>
        where V : struct
    {
        int column = task / VocabularyCuts * ColumnsPerTask;
        int columns = Math.Min(ColumnsPerTask, Width - column);
        int rows = TaskSize.Pieces(Vocabulary, VocabularyCuts);
        int first = task % VocabularyCuts * rows;
        int end = Math.Min(Vocabulary, first + rows);
        for (int row = first; row < end && !Add; row++)
        {
            new Span<float>(Gradient + ((nint)row * Width) + column, columns).Clear();
        }

        for (int t = 0; t < Count; t++)
        {
            if (Tokens[t] < first || Tokens[t] >= end)
            {
                continue;
            }

            float* from = Source + ((nint)t * Width) + column;
            float* into = Gradient + ((nint)Tokens[t] * Width) + column;
            int i = 0;
            for (; i <= columns - LaneDispatch.Count; i += LaneDispatch.Count)
            {
                L.Store(into + i, L.Add(L.Load(into + i), L.Load(from + i)));
            }

            for (; i < columns; i++)
            {
                into[i] += from[i];
            }
        }
    }
}

/// <summary>Sums the gradients of equal positions over the batch, sequences in order. A task is a range of positions.</summary>
internal unsafe struct PositionKernel : ITaskKernel
{
    public const int RowsPerTask = 16;

    public int Count;
    public int Time;
    public int Rows;
    public int Width;
    public float* Source;
    public float* Gradient;
    public bool Add;

    public readonly void Run<L, V>(int task, int worker)
        where L : struct, ILanes<V>
        where V : struct
    {
        int end = Math.Min(Rows, (task + 1) * RowsPerTask);
        for (int position = task * RowsPerTask; position < end; position++)
        {
            int i = 0;
            for (; i <= Width - LaneDispatch.Count; i += LaneDispatch.Count)
            {
                Sum<L, V, FullVector>(position, i);
            }

            if (i < Width)
            {
                Sum<L, V, RowEnd>(position, i);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly void Sum<L, V, TExtent>(int position, int column)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent
    {
        int left = Width - column;
        float* into = Gradient + ((nint)position * Width) + column;
        V sum = Add ? TExtent.Load<L, V>(into, left) : L.Broadcast(0);
        for (int t = position; position < Time && t < Count; t += Time)
        {
            sum = L.Add(sum, TExtent.Load<L, V>(Source + ((nint)t * Width) + column, left));
        }

        TExtent.Store<L, V>(into, sum, left);
    }
}
