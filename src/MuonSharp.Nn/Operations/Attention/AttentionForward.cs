using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Some blocks of queries of one head against the keys they see. The last blocks, which see most, are the first tasks.</summary>
internal unsafe struct AttentionForward : ITaskKernel
{
    private const int Block = AttentionGeometry.Block;
    private const int Stride = AttentionGeometry.LogitStride;
    private const int GroupRows = AttentionGeometry.GroupBlocks * Block;

    public AttentionGeometry Geometry;
    public HeadMemory Query;
    public HeadMemory Key;
    public HeadMemory Value;
    public HeadMemory Output;
    public float* LogSumExp;
    public float* Maxima;
    public float* Scratch;
    private int _firstBlock;
    private int _sequence;
    private int _head;
    private float* _queries;
    private float* _outputs;
    private float* _keys;
    private float* _values;
    private float* _logits;
    private float* _maximum;
    private float* _sum;

    /// <summary>Floats of scratch a worker needs: queries and outputs of a task, a block of keys, of values and of logits, each row's maximum and sum.</summary>
    public static long ScratchLength(int keyWidth, int valueWidth) =>
        ((long)(GroupRows + Block) * (HeadRows.Padded(keyWidth) + HeadRows.Padded(valueWidth))) + (Block * Stride) + (2 * GroupRows);

    public readonly void Run<L, V>(int task, int worker)
        where L : struct, ILanes<V>
        where V : struct
    {
        AttentionForward mine = this;
        int heads = Geometry.Batch * Geometry.Heads;
        int groups = TaskSize.Pieces(Geometry.Blocks, AttentionGeometry.GroupBlocks);
        mine._firstBlock = (groups - 1 - (task / heads)) * AttentionGeometry.GroupBlocks;
        (mine._sequence, mine._head) = Math.DivRem(task % heads, Geometry.Heads);
        mine.Geometry = Geometry.Of(mine._sequence);
        (int keys, int values) = (Geometry.KeyPadded, Geometry.ValuePadded);
        mine._queries = Scratch + (worker * ScratchLength(Geometry.KeyWidth, Geometry.ValueWidth));
        mine._outputs = mine._queries + (GroupRows * keys);
        mine._keys = mine._outputs + (GroupRows * values);
        mine._values = mine._keys + (Block * keys);
        mine._logits = mine._values + (Block * values);
        mine._maximum = mine._logits + (Block * Stride);
        mine._sum = mine._maximum + GroupRows;
        mine.Blocks<L, V>();
    }

    private readonly void Blocks<L, V>()
        where L : struct, ILanes<V>
        where V : struct
    {
        int queries = Math.Min(GroupRows, Geometry.Queries - (_firstBlock * Block));
        int last = _firstBlock + TaskSize.Pieces(queries, Block) - 1;
        for (int block = Math.Max(last + 1, _firstBlock); block < Math.Min(Geometry.Blocks, _firstBlock + AttentionGeometry.GroupBlocks); block++)
        {
            // Rows of a run that are nobody's tokens.
            Maxima[(((_sequence * Geometry.Blocks) + block) * Geometry.Heads) + _head] = float.NegativeInfinity;
        }

        if (queries <= 0)
        {
            return;
        }

        for (int block = _firstBlock; block <= last; block++)
        {
            Query.Load<L, V>(Geometry.Place(_sequence, block, _head), At(_queries, block, Geometry.KeyPadded), Geometry.Scale);
        }

        int strips = Math.Min(GroupRows, TaskSize.Pieces(queries, TileProduct<L, V>.Rows) * TileProduct<L, V>.Rows);
        new Span<float>(_outputs, strips * Geometry.ValuePadded).Clear();
        new Span<float>(_maximum, strips).Fill(float.NegativeInfinity);
        new Span<float>(_sum, strips).Clear();
        for (int keyBlock = Geometry.FirstKeyBlock(_firstBlock); keyBlock <= Geometry.LastKeyBlock(last); keyBlock++)
        {
            HeadPlace keys = Geometry.KeyPlace(_sequence, keyBlock, _head / Geometry.Group);
            Key.LoadTransposed(keys, _keys);
            Value.Load<L, V>(keys, _values);
            for (int block = Math.Max(Geometry.FirstQueryBlock(keyBlock), _firstBlock); block <= Math.Min(last, Geometry.LastQueryBlock(keyBlock)); block++)
            {
                Pair<L, V>(block, keyBlock);
            }
        }

        for (int block = _firstBlock; block <= last; block++)
        {
            Finish<L, V>(block);
        }
    }

    private readonly float* At(float* rows, int block, int padded) => rows + ((nint)(block - _firstBlock) * Block * padded);

    private readonly void Pair<L, V>(int block, int keyBlock)
        where L : struct, ILanes<V>
        where V : struct
    {
        (int rows, int keys, int keyWidth, int width) = (Geometry.Rows(block), Geometry.Keys(keyBlock), Geometry.KeyPadded, Geometry.ValuePadded);
        float* queries = At(_queries, block, keyWidth);
        float* outputs = At(_outputs, block, width);
        (int firstQuery, int firstKey) = (block * Block, keyBlock * Block);
        for (int row = 0; row < rows; row += TileProduct<L, V>.Rows)
        {
            int count = Math.Min(TileProduct<L, V>.Rows, rows - row);
            (int first, int end) = Geometry.Seen(firstQuery + row, count, firstKey, keys);
            if (first == end)
            {
                continue;
            }

            float* logits = _logits + (row * Stride);
            TileProduct<L, V>.Run(
                Geometry.KeyWidth, queries + (row * keyWidth), keyWidth, 1, _keys + first, Block, logits + first, Stride, end - first, accumulate: false);
            Softmax<L, V>(firstQuery + row, count, firstKey, keys, first, end, logits, outputs + (row * width));
            TileProduct<L, V>.Run(
                Math.Min(end, keys) - first, logits + first, Stride, 1, _values + (first * width), width, outputs + (row * width), width, width, accumulate: true);
        }
    }

    private readonly void Softmax<L, V>(
        int firstQuery, int count, int firstKey, int keys, int first, int end, float* logits, float* outputs)
        where L : struct, ILanes<V>
        where V : struct
    {
        int at = firstQuery - (_firstBlock * Block);
        float* highest = stackalloc float[LaneDispatch.Count];
        for (int i = 0; i < count; i++)
        {
            (int start, int stop) = Geometry.Visible(firstQuery + i, firstKey, keys);
            highest[i] = start < stop
                ? OnlineSoftmax.Highest<L, V>(logits + (i * Stride) + start, stop - start, _maximum[at + i])
                : _maximum[at + i];
        }

        for (int i = 0; i < count; i++, logits += Stride, outputs += Geometry.ValuePadded)
        {
            (int start, int stop) = Geometry.Visible(firstQuery + i, firstKey, keys);
            if (start < stop)
            {
                OnlineSoftmax.Exponentials<L, V>(
                    logits + start, stop - start, highest[i], ref _maximum[at + i], ref _sum[at + i], outputs, Geometry.ValuePadded);
            }

            AttentionMask.Hide(logits, first, end, start, stop);
        }
    }

    private readonly void Finish<L, V>(int block)
        where L : struct, ILanes<V>
        where V : struct
    {
        int rows = Geometry.Rows(block);
        int at = (block - _firstBlock) * Block;
        Output.Store<L, V>(Geometry.Place(_sequence, block, _head), At(_outputs, block, Geometry.ValuePadded), _sum + at);
        float* logSumExp = LogSumExp + ((((nint)_sequence * Geometry.Heads) + _head) * Geometry.Time) + (block * Block);
        float largest = float.NegativeInfinity;
        for (int row = 0; row < rows; row += LaneDispatch.Count)
        {
            V maximum = rows - row >= LaneDispatch.Count
                ? LogSums<L, V, FullVector>(logSumExp + row, at + row, rows - row)
                : LogSums<L, V, RowEnd>(logSumExp + row, at + row, rows - row);
            largest = MathF.Max(largest, L.Maximum(maximum));
        }

        Maxima[(((_sequence * Geometry.Blocks) + block) * Geometry.Heads) + _head] = largest;
    }

    /// <summary>Maximum plus logarithm of the sum, of up to sixteen rows; the maxima are returned.</summary>
    private readonly V LogSums<L, V, TExtent>(float* logSumExp, int row, int left)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent
    {
        V maximum = TExtent.Load<L, V>(_maximum + row, left, float.NegativeInfinity);
        V log = LaneMath.Log<L, V>(TExtent.Load<L, V>(_sum + row, left, 1));
        TExtent.Store<L, V>(logSumExp, L.Add(maximum, log), left);
        return maximum;
    }
}

/// <summary>Turns a row of logits into exponentials against its running maximum, and rescales what the row had accumulated.</summary>
/// <remarks>A row lies in a block whose rows have room for a vector beyond the last key: lanes behind the last visible one become zeros.</remarks>
internal static unsafe class OnlineSoftmax
{
    /// <summary>The largest logit of a row, this block included. Apart from the rest, since the rows of a strip wait for nothing of each other here.</summary>
    /// <param name="logits">Logits of visible keys.</param>
    /// <param name="count">Number of visible keys, 1 or more.</param>
    /// <param name="maximum">The row's largest logit so far.</param>
    /// <returns>The new maximum.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Highest<L, V>(float* logits, int count, float maximum)
        where L : struct, ILanes<V>
        where V : struct
    {
        V largest = L.Broadcast(maximum);
        int whole = (count - 1) / LaneDispatch.Count * LaneDispatch.Count;
        for (int i = 0; i < whole; i += LaneDispatch.Count)
        {
            largest = L.Max(largest, L.Load(logits + i));
        }

        return L.Maximum(L.Max(largest, Last<L, V>(logits + whole, count - whole)));
    }

    /// <summary>The exponentials of a row.</summary>
    /// <param name="logits">In: logits of visible keys; out: exponentials.</param>
    /// <param name="count">Number of visible keys, 1 or more.</param>
    /// <param name="highest">The row's largest logit, this block included.</param>
    /// <param name="maximum">The same without this block; takes the new one.</param>
    /// <param name="sum">The row's sum of exponentials so far.</param>
    /// <param name="output">What the row accumulated.</param>
    /// <param name="width">Floats of the output, a multiple of 16.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Exponentials<L, V>(
        float* logits, int count, float highest, ref float maximum, ref float sum, float* output, int width)
        where L : struct, ILanes<V>
        where V : struct
    {
        if (sum > 0 && highest != maximum)
        {
            Rescale<L, V>(maximum - highest, ref sum, output, width);
        }

        maximum = highest;
        V center = L.Broadcast(highest);
        V total = L.Broadcast(0);
        int whole = (count - 1) / LaneDispatch.Count * LaneDispatch.Count;
        for (int i = 0; i < whole; i += LaneDispatch.Count)
        {
            V power = LaneMath.Exp<L, V>(L.Subtract(L.Load(logits + i), center));
            total = L.Add(total, power);
            L.Store(logits + i, power);
        }

        V last = LaneMath.Exp<L, V>(L.Subtract(Last<L, V>(logits + whole, count - whole), center));
        L.Store(logits + whole, last);
        sum += L.Sum(L.Add(total, last));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Last<L, V>(float* logits, int left)
        where L : struct, ILanes<V>
        where V : struct =>
        L.Choose(LaneMask.First<L, V>(left), L.Load(logits), L.Broadcast(float.NegativeInfinity));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Rescale<L, V>(float difference, ref float sum, float* output, int width)
        where L : struct, ILanes<V>
        where V : struct
    {
        V factor = LaneMath.Exp<L, V>(L.Broadcast(difference));
        sum *= L.Maximum(factor);
        for (int i = 0; i < width; i += LaneDispatch.Count)
        {
            L.Store(output + i, L.Multiply(factor, L.Load(output + i)));
        }
    }
}
