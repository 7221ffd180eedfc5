using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>All gradients of one key-value head of one sequence, and of the query heads that it serves.</summary>
internal unsafe struct AttentionBackwardJob : ITeamJob, ILaneKernel
{
    private const int Block = AttentionGeometry.Block;

    public AttentionGeometry Geometry;
    public Matrix Query;
    public Matrix Key;
    public Matrix Value;
    public float* Output;
    public float* OutputGradient;
    public float* LogSumExp;
    public Matrix QueryGradient;
    public Matrix KeyGradient;
    public Matrix ValueGradient;
    public bool AddQuery;
    public bool AddKey;
    public bool AddValue;
    public float* Scratch;
    public long ScratchStride;
    private AttentionBackwardScratch _scratch;
    private int _sequence;
    private int _keyHead;

    public readonly void Run(int task, int worker)
    {
        AttentionBackwardJob mine = this;
        (mine._sequence, mine._keyHead) = Math.DivRem(task, Geometry.KeyValueHeads);
        mine.Geometry = Geometry.Of(mine._sequence);
        mine._scratch = new AttentionBackwardScratch(Scratch + (worker * ScratchStride), Geometry.Blocks, Geometry.Padded);
        LaneDispatch.Run(ref mine);
    }

    public readonly void Run<L, V>()
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
        Matrix query = Geometry.View(Query, _sequence, head);
        int all = Geometry.Batch * Geometry.Time;
        Matrix outputGradient = Geometry.View(Matrix.Dense(OutputGradient, all, Geometry.Heads * Geometry.Width), _sequence, head);
        Matrix output = Geometry.View(Matrix.Dense(Output, all, Geometry.Heads * Geometry.Width), _sequence, head);
        HeadRows.Load<L, V>(query, _scratch.Queries);
        HeadRows.Load<L, V>(query, _scratch.Scaled, Geometry.Scale);
        HeadRows.Load<L, V>(outputGradient, _scratch.OutputGradients);
        RowDots.Run<L, V>(output, outputGradient, _scratch.Dots);
        bool wanted = QueryGradient.Data is not null;
        HeadRows.Start<L, V>(wanted ? Geometry.View(QueryGradient, _sequence, head) : query, _scratch.QueryGradients, wanted && AddQuery);
        for (int block = 0; block < Geometry.Blocks; block++)
        {
            Keys<L, V>(head, block, firstOfGroup);
        }

        if (wanted)
        {
            HeadRows.Store<L, V>(_scratch.QueryGradients, Geometry.View(QueryGradient, _sequence, head));
        }
    }

    /// <summary>One block of keys against all queries that see it.</summary>
    private readonly void Keys<L, V>(int head, int block, bool firstOfGroup)
        where L : struct, ILanes<V>
        where V : struct
    {
        Matrix key = Geometry.View(Key, _sequence, block, _keyHead);
        HeadRows.Load<L, V>(key, _scratch.Keys);
        HeadRows.LoadTransposed(key, _scratch.KeysTransposed);
        HeadRows.LoadTransposed(Geometry.View(Value, _sequence, block, _keyHead), _scratch.ValuesTransposed);
        (bool wantKey, bool wantValue) = (KeyGradient.Data is not null, ValueGradient.Data is not null);
        Matrix keyGradient = wantKey ? Geometry.View(KeyGradient, _sequence, block, _keyHead) : key;
        Matrix valueGradient = wantValue ? Geometry.View(ValueGradient, _sequence, block, _keyHead) : key;
        HeadRows.Start<L, V>(keyGradient, _scratch.KeyGradients, wantKey && (AddKey || !firstOfGroup));
        HeadRows.Start<L, V>(valueGradient, _scratch.ValueGradients, wantValue && (AddValue || !firstOfGroup));
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

        if (wantKey)
        {
            HeadRows.Store<L, V>(_scratch.KeyGradients, keyGradient);
        }

        if (wantValue)
        {
            HeadRows.Store<L, V>(_scratch.ValueGradients, valueGradient);
        }
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
        (int rows, int keys, int width) = (Geometry.Rows(QueryBlock), Geometry.Rows(KeyBlock), Geometry.Padded);
        nint offset = (nint)QueryBlock * Block * width;

        // One product after the other, so that its block of B stays in the nearest cache.
        Logits<L, V>(rows, keys, Scratch.Scaled + offset, Scratch.KeysTransposed, Scratch.Probabilities);
        Logits<L, V>(rows, keys, Scratch.OutputGradients + offset, Scratch.ValuesTransposed, Scratch.Gradients);
        for (int row = 0; row < rows; row += TileProduct<L, V>.Rows)
        {
            Queries<L, V>(row, Math.Min(TileProduct<L, V>.Rows, rows - row), keys);
        }

        for (int key = 0; key < keys; key += TileProduct<L, V>.Rows)
        {
            (int first, int end) = SeenBy<L, V>(key, rows, keys);
            Keys<L, V>(key, first, end - first, Scratch.Probabilities, Scratch.OutputGradients + offset + (first * width), Scratch.ValueGradients);
        }

        for (int key = 0; key < keys; key += TileProduct<L, V>.Rows)
        {
            (int first, int end) = SeenBy<L, V>(key, rows, keys);
            Keys<L, V>(key, first, end - first, Scratch.Gradients, Scratch.Queries + offset + (first * width), Scratch.KeyGradients);
        }
    }

    /// <summary>Rows of queries, or of output gradients, times keys or values: what the mask leaves of it.</summary>
    private readonly void Logits<L, V>(int rows, int keys, float* a, float* b, float* c)
        where L : struct, ILanes<V>
        where V : struct
    {
        for (int row = 0; row < rows; row += TileProduct<L, V>.Rows)
        {
            int count = Math.Min(TileProduct<L, V>.Rows, rows - row);
            (int first, int end) = Geometry.Seen((QueryBlock * Block) + row, count, KeyBlock * Block, keys);
            TileProduct<L, V>.Run(
                Geometry.Width, a + (row * Geometry.Padded), Geometry.Padded, 1, b + first, Block, c + (row * Stride) + first, Stride, end - first, accumulate: false);
        }
    }

    /// <summary>The softmax of a strip backward, and its dq.</summary>
    private readonly void Queries<L, V>(int row, int count, int keys)
        where L : struct, ILanes<V>
        where V : struct
    {
        int query = (QueryBlock * Block) + row;
        (int first, int end) = Geometry.Seen(query, count, KeyBlock * Block, keys);
        (int width, nint at) = (Geometry.Padded, (nint)query * Geometry.Padded);
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

    private readonly void Keys<L, V>(int key, int first, int count, float* weights, float* rows, float* sums)
        where L : struct, ILanes<V>
        where V : struct => TileProduct<L, V>.Run(
            count, weights + (first * Stride) + key, 1, Stride, rows, Geometry.Padded, sums + (key * Geometry.Padded), Geometry.Padded, Geometry.Padded, accumulate: true);

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
    public AttentionBackwardScratch(float* memory, int blocks, int padded)
    {
        (nint all, int one) = ((nint)blocks * Block * padded, Block * padded);
        Queries = memory;
        Scaled = Queries + all;
        OutputGradients = Scaled + all;
        QueryGradients = OutputGradients + all;
        Dots = QueryGradients + all;
        Keys = Dots + (blocks * Block);
        KeysTransposed = Keys + one;
        ValuesTransposed = KeysTransposed + one;
        KeyGradients = ValuesTransposed + one;
        ValueGradients = KeyGradients + one;
        Probabilities = ValueGradients + one;
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
    public static long Length(int time, int headWidth)
    {
        (int blocks, int padded) = (Cut.Pieces(time, Block), HeadRows.Padded(headWidth));
        return (4L * blocks * Block * padded) + (blocks * Block) + (5L * Block * padded) + (2 * LogitLength);
    }
}
