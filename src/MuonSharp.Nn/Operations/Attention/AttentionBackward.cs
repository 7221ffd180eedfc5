using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>All gradients of one key-value head of one sequence, and of the query heads that it serves.</summary>
internal unsafe struct AttentionBackward : ITaskKernel
{
    private const int Block = AttentionGeometry.Block;

    public AttentionGeometry Geometry;
    public HeadMemory Query;
    public HeadMemory Key;
    public HeadMemory Value;
    public HeadMemory Output;
    public HeadMemory OutputGradient;
    public float* LogSumExp;
    public HeadMemory QueryGradient;
    public HeadMemory KeyGradient;
    public HeadMemory ValueGradient;
    public float* Scratch;
    public long ScratchStride;
    private AttentionBackwardScratch _scratch;
    private int _sequence;
    private int _keyHead;

    public readonly void Run<L, V>(int task, int worker)
        where L : struct, ILanes<V>
        where V : struct
    {
        AttentionBackward mine = this;
        (mine._sequence, mine._keyHead) = Math.DivRem(task, Geometry.KeyValueHeads);
        mine.Geometry = Geometry.Of(mine._sequence);
        mine._scratch = new AttentionBackwardScratch(Scratch + (worker * ScratchStride), Geometry.Blocks, Geometry.KeyPadded, Geometry.ValuePadded);
        mine.Group<L, V>();
    }

    private readonly void Group<L, V>()
        where L : struct, ILanes<V>
        where V : struct
    {
        for (int member = 0; member < Geometry.Group; member++)
        {
            Head<L, V>((_keyHead * Geometry.Group) + member, member == 0);
        }
    }

    private readonly void Head<L, V>(int head, bool firstOfGroup)
        where L : struct, ILanes<V>
        where V : struct
    {
        HeadPlace queries = Geometry.Place(_sequence, head);
        Query.Load<L, V>(queries, _scratch.Queries);
        Query.Load<L, V>(queries, _scratch.Scaled, Geometry.Scale);
        OutputGradient.Load<L, V>(queries, _scratch.OutputGradients);
        RowDots.Run<L, V>(Output.First.View(queries), OutputGradient.First.View(queries), _scratch.Dots);
        QueryGradient.Start<L, V>(queries, _scratch.QueryGradients, again: false);
        for (int block = 0; block < Geometry.Blocks; block++)
        {
            Keys<L, V>(head, block, firstOfGroup);
        }

        QueryGradient.Store<L, V>(queries, _scratch.QueryGradients);
    }

    /// <summary>One block of keys against all queries that see it.</summary>
    private readonly void Keys<L, V>(int head, int block, bool firstOfGroup)
        where L : struct, ILanes<V>
        where V : struct
    {
        HeadPlace keys = Geometry.Place(_sequence, block, _keyHead);
        Key.Load<L, V>(keys, _scratch.Keys);
        Key.LoadTransposed(keys, _scratch.KeysTransposed);
        Value.LoadTransposed(keys, _scratch.ValuesTransposed);
        KeyGradient.Start<L, V>(keys, _scratch.KeyGradients, again: !firstOfGroup);
        ValueGradient.Start<L, V>(keys, _scratch.ValueGradients, again: !firstOfGroup);
        var pair = new AttentionBackwardPair
        {
            Geometry = Geometry,
            Scratch = _scratch,
            LogSumExp = LogSumExp + ((((nint)_sequence * Geometry.Heads) + head) * Geometry.Time),
            KeyBlock = block,
        };
        for (pair.QueryBlock = block; pair.QueryBlock <= Geometry.LastQueryBlock(block); pair.QueryBlock++)
        {
            pair.Run<L, V>();
        }

        KeyGradient.Store<L, V>(keys, _scratch.KeyGradients);
        ValueGradient.Store<L, V>(keys, _scratch.ValueGradients);
    }
}

/// <summary>One block of queries against one block of keys, backward.</summary>
/// <remarks>By strips of rows: logits and gradients of probabilities, the softmax between them, then dq of the strip. After that dk and dv by strips
/// of keys, whose sums run over the queries that see one of them.</remarks>
internal unsafe struct AttentionBackwardPair
{
    private const int Block = AttentionGeometry.Block;
    private const int Stride = AttentionGeometry.LogitStride;

    public AttentionGeometry Geometry;
    public AttentionBackwardScratch Scratch;
    public float* LogSumExp;
    public int KeyBlock;
    public int QueryBlock;

    public readonly void Run<L, V>()
        where L : struct, ILanes<V>
        where V : struct
    {
        (int rows, int keys, int keyWidth, int valueWidth) = (Geometry.Rows(QueryBlock), Geometry.Rows(KeyBlock), Geometry.KeyPadded, Geometry.ValuePadded);
        nint queries = (nint)QueryBlock * Block * keyWidth;
        float* outputGradients = Scratch.OutputGradients + ((nint)QueryBlock * Block * valueWidth);

        // One product after the other, so that its block of B stays in the nearest cache.
        Logits<L, V>(rows, keys, Geometry.KeyWidth, Scratch.Scaled + queries, Scratch.KeysTransposed, Scratch.Probabilities);
        Logits<L, V>(rows, keys, Geometry.ValueWidth, outputGradients, Scratch.ValuesTransposed, Scratch.Gradients);
        for (int row = 0; row < rows; row += TileProduct<L, V>.Rows)
        {
            Queries<L, V>(row, Math.Min(TileProduct<L, V>.Rows, rows - row), keys);
        }

        for (int key = 0; key < keys; key += TileProduct<L, V>.Rows)
        {
            (int first, int end) = SeenBy<L, V>(key, rows, keys);
            Keys<L, V>(key, first, end - first, Scratch.Probabilities, outputGradients + (first * valueWidth), valueWidth, Scratch.ValueGradients);
        }

        for (int key = 0; key < keys; key += TileProduct<L, V>.Rows)
        {
            (int first, int end) = SeenBy<L, V>(key, rows, keys);
            Keys<L, V>(key, first, end - first, Scratch.Gradients, Scratch.Queries + queries + (first * keyWidth), keyWidth, Scratch.KeyGradients);
        }
    }

    /// <summary>Rows of queries, or of output gradients, times keys or values: what the mask leaves of it.</summary>
    private readonly void Logits<L, V>(int rows, int keys, int width, float* a, float* b, float* c)
        where L : struct, ILanes<V>
        where V : struct
    {
        int padded = HeadRows.Padded(width);
        for (int row = 0; row < rows; row += TileProduct<L, V>.Rows)
        {
            int count = Math.Min(TileProduct<L, V>.Rows, rows - row);
            (int first, int end) = Geometry.Seen((QueryBlock * Block) + row, count, KeyBlock * Block, keys);
            TileProduct<L, V>.Run(
                width, a + (row * padded), padded, 1, b + first, Block, c + (row * Stride) + first, Stride, end - first, accumulate: false);
        }
    }

    /// <summary>The softmax of a strip backward, and its dq.</summary>
    private readonly void Queries<L, V>(int row, int count, int keys)
        where L : struct, ILanes<V>
        where V : struct
    {
        int query = (QueryBlock * Block) + row;
        (int first, int end) = Geometry.Seen(query, count, KeyBlock * Block, keys);
        (int width, nint at) = (Geometry.KeyPadded, (nint)query * Geometry.KeyPadded);
        float* gradients = Scratch.Gradients + (row * Stride);
        for (int i = 0; i < count; i++)
        {
            (int start, int stop) = Geometry.Visible(query + i, KeyBlock * Block, keys);
            float* probability = Scratch.Probabilities + ((row + i) * Stride);
            float* gradient = gradients + (i * Stride);
            if (start < stop)
            {
                SoftmaxGradient.Row<L, V>(
                    probability + start, gradient + start, stop - start, LogSumExp[query + i], Scratch.Dots[query + i], Geometry.Scale);
            }

            AttentionMask.Hide(probability, first, end, start, stop);
            AttentionMask.Hide(gradient, first, end, start, stop);
        }

        if (first < end)
        {
            TileProduct<L, V>.Run(
                Math.Min(end, keys) - first, gradients + first, Stride, 1, Scratch.Keys + (first * width), width, Scratch.QueryGradients + at, width, width, accumulate: true);
        }
    }

    private static void Keys<L, V>(int key, int first, int count, float* weights, float* rows, int width, float* sums)
        where L : struct, ILanes<V>
        where V : struct => TileProduct<L, V>.Run(
            count, weights + (first * Stride) + key, 1, Stride, rows, width, sums + (key * width), width, width, accumulate: true);

    /// <summary>The rows of the strips that computed a strip of keys, as a half-open range.</summary>
    private readonly (int First, int End) SeenBy<L, V>(int key, int rows, int keys)
        where L : struct, ILanes<V>
        where V : struct
    {
        // Without a window, the first vector of queries that reaches the key, and all behind it.
        int first = QueryBlock == KeyBlock ? key / LaneDispatch.Count * LaneDispatch.Count : 0;
        int end = rows;
        while (first < end && !Sees<L, V>(first, key, rows, keys))
        {
            first += TileProduct<L, V>.Rows;
        }

        int last = (rows - 1) / TileProduct<L, V>.Rows * TileProduct<L, V>.Rows;
        for (; first < end && !Sees<L, V>(last, key, rows, keys); last -= TileProduct<L, V>.Rows)
        {
            end = last;
        }

        return (Math.Min(first, end), end);
    }

    private readonly bool Sees<L, V>(int row, int key, int rows, int keys)
        where L : struct, ILanes<V>
        where V : struct
    {
        (int first, int end) = Geometry.Seen((QueryBlock * Block) + row, Math.Min(TileProduct<L, V>.Rows, rows - row), KeyBlock * Block, keys);
        return first <= key && key < end;
    }
}

/// <summary>Working memory of one backward task of attention: one head's rows, dense and padded, and one block of keys with its probabilities.</summary>
internal readonly unsafe struct AttentionBackwardScratch
{
    private const int Block = AttentionGeometry.Block;
    private const int LogitLength = Block * AttentionGeometry.LogitStride;

    /// <summary>Divides memory of <see cref="Length"/> floats.</summary>
    public AttentionBackwardScratch(float* memory, int blocks, int keyPadded, int valuePadded)
    {
        nint all = (nint)blocks * Block;
        (int keys, int values) = (Block * keyPadded, Block * valuePadded);
        Queries = memory;
        Scaled = Queries + (all * keyPadded);
        OutputGradients = Scaled + (all * keyPadded);
        QueryGradients = OutputGradients + (all * valuePadded);
        Dots = QueryGradients + (all * keyPadded);
        Keys = Dots + all;
        KeysTransposed = Keys + keys;
        ValuesTransposed = KeysTransposed + keys;
        KeyGradients = ValuesTransposed + values;
        ValueGradients = KeyGradients + keys;
        Probabilities = ValueGradients + values;
        Gradients = Probabilities + LogitLength;
    }

    public float* Queries { get; }

    /// <summary>Queries times the scale of the logits.</summary>
    public float* Scaled { get; }

    public float* OutputGradients { get; }

    public float* QueryGradients { get; }

    /// <summary>The inner product of each token's output and its gradient.</summary>
    public float* Dots { get; }

    public float* Keys { get; }

    /// <summary>[width, block], as are the values.</summary>
    public float* KeysTransposed { get; }

    public float* ValuesTransposed { get; }

    public float* KeyGradients { get; }

    public float* ValueGradients { get; }

    /// <summary>[block, block], rows apart by <see cref="AttentionGeometry.LogitStride"/>, as are their gradients.</summary>
    public float* Probabilities { get; }

    public float* Gradients { get; }

    /// <summary>Floats of memory: linear in the tokens of a sequence.</summary>
    public static long Length(int time, int keyWidth, int valueWidth)
    {
        long all = (long)TaskSize.Pieces(time, Block) * Block;
        (int keys, int values) = (HeadRows.Padded(keyWidth), HeadRows.Padded(valueWidth));
        return (all * ((3L * keys) + values + 1)) + (Block * ((3L * keys) + (2 * values))) + (2 * LogitLength);
    }
}
