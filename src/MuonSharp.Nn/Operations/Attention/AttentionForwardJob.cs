using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Some blocks of queries of one head against the keys they see. The last blocks, which see most, are the first tasks.</summary>
internal unsafe struct AttentionForwardJob : ITeamJob, ILaneKernel
{
    private const int Block = AttentionGeometry.Block;
    private const int Stride = AttentionGeometry.LogitStride;
    private const int GroupRows = AttentionGeometry.GroupBlocks * Block;

    public AttentionGeometry Geometry;
    public Matrix Query;
    public Matrix Key;
    public Matrix Value;
    public float* Output;
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
    public static long ScratchLength(int width) => (2L * (GroupRows + Block) * HeadRows.Padded(width)) + (Block * Stride) + (2 * GroupRows);

    public readonly void Run(int task, int worker)
    {
        var mine = this;
        var heads = Geometry.Batch * Geometry.Heads;
        var groups = Cut.Pieces(Geometry.Blocks, AttentionGeometry.GroupBlocks);
        mine._firstBlock = (groups - 1 - (task / heads)) * AttentionGeometry.GroupBlocks;
        (mine._sequence, mine._head) = Math.DivRem(task % heads, Geometry.Heads);
        var width = Geometry.Padded;
        mine._queries = Scratch + (worker * ScratchLength(Geometry.Width));
        mine._outputs = mine._queries + (GroupRows * width);
        mine._keys = mine._outputs + (GroupRows * width);
        mine._values = mine._keys + (Block * width);
        mine._logits = mine._values + (Block * width);
        mine._maximum = mine._logits + (Block * Stride);
        mine._sum = mine._maximum + GroupRows;
        LaneDispatch.Run(ref mine);
    }

    public readonly void Run<TLanes, TVector>()
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var last = Math.Min(Geometry.Blocks, _firstBlock + AttentionGeometry.GroupBlocks) - 1;
        for (var block = _firstBlock; block <= last; block++)
        {
            HeadRows.Load<TLanes, TVector>(Geometry.View(Query, _sequence, block, _head), At(_queries, block), Geometry.Scale);
        }

        new Span<float>(_outputs, GroupRows * Geometry.Padded).Clear();
        new Span<float>(_maximum, GroupRows).Fill(float.NegativeInfinity);
        new Span<float>(_sum, GroupRows).Clear();
        for (var keyBlock = Geometry.FirstKeyBlock(_firstBlock); keyBlock <= last; keyBlock++)
        {
            var keyHead = _head / Geometry.Group;
            HeadRows.LoadTransposed(Geometry.View(Key, _sequence, keyBlock, keyHead), _keys);
            HeadRows.Load<TLanes, TVector>(Geometry.View(Value, _sequence, keyBlock, keyHead), _values);
            for (var block = Math.Max(keyBlock, _firstBlock); block <= Math.Min(last, Geometry.LastQueryBlock(keyBlock)); block++)
            {
                Pair<TLanes, TVector>(block, keyBlock);
            }
        }

        for (var block = _firstBlock; block <= last; block++)
        {
            Finish<TLanes, TVector>(block);
        }
    }

    private readonly float* At(float* rows, int block) => rows + ((nint)(block - _firstBlock) * Block * Geometry.Padded);

    private readonly void Pair<TLanes, TVector>(int block, int keyBlock)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var (rows, keys, width) = (Geometry.Rows(block), Geometry.Rows(keyBlock), Geometry.Padded);
        var queries = At(_queries, block);
        var outputs = At(_outputs, block);
        var (firstQuery, firstKey) = (block * Block, keyBlock * Block);
        for (var row = 0; row < rows; row += TileProduct<TLanes, TVector>.Rows)
        {
            var count = Math.Min(TileProduct<TLanes, TVector>.Rows, rows - row);
            var (first, end) = Geometry.Seen(firstQuery + row, count, firstKey, keys);
            if (first == end)
            {
                continue;
            }

            var logits = _logits + (row * Stride);
            TileProduct<TLanes, TVector>.Run(
                Geometry.Width, queries + (row * width), width, 1, _keys + first, Block, logits + first, Stride, end - first, accumulate: false);
            Softmax<TLanes, TVector>(firstQuery + row, count, firstKey, keys, first, end, logits, outputs + (row * width));
            TileProduct<TLanes, TVector>.Run(
                Math.Min(end, keys) - first, logits + first, Stride, 1, _values + (first * width), width, outputs + (row * width), width, width, accumulate: true);
        }
    }

    private readonly void Softmax<TLanes, TVector>(
        int firstQuery, int count, int firstKey, int keys, int first, int end, float* logits, float* outputs)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var at = firstQuery - (_firstBlock * Block);
        var highest = stackalloc float[LaneDispatch.Count];
        for (var i = 0; i < count; i++)
        {
            var (start, stop) = Geometry.Visible(firstQuery + i, firstKey, keys);
            highest[i] = start < stop
                ? OnlineSoftmax.Highest<TLanes, TVector>(logits + (i * Stride) + start, stop - start, _maximum[at + i])
                : _maximum[at + i];
        }

        for (var i = 0; i < count; i++, logits += Stride, outputs += Geometry.Padded)
        {
            var (start, stop) = Geometry.Visible(firstQuery + i, firstKey, keys);
            if (start < stop)
            {
                OnlineSoftmax.Exponentials<TLanes, TVector>(
                    logits + start, stop - start, highest[i], ref _maximum[at + i], ref _sum[at + i], outputs, Geometry.Padded);
            }

            AttentionMask.Hide(logits, first, end, start, stop);
        }
    }

    private readonly void Finish<TLanes, TVector>(int block)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var rows = Geometry.Rows(block);
        var at = (block - _firstBlock) * Block;
        var all = Matrix.Dense(Output, Geometry.Batch * Geometry.Time, Geometry.Heads * Geometry.Width);
        HeadRows.Store<TLanes, TVector>(At(_outputs, block), Geometry.View(all, _sequence, block, _head), _sum + at);
        var logSumExp = LogSumExp + ((((nint)_sequence * Geometry.Heads) + _head) * Geometry.Time) + (block * Block);
        var largest = float.NegativeInfinity;
        for (var row = 0; row < rows; row += LaneDispatch.Count)
        {
            var left = rows - row;
            var maximum = RowLanes.Load<TLanes, TVector>(_maximum + at + row, left, float.NegativeInfinity);
            var log = LaneMath.Log<TLanes, TVector>(RowLanes.Load<TLanes, TVector>(_sum + at + row, left, 1));
            RowLanes.Store<TLanes, TVector>(logSumExp + row, TLanes.Add(maximum, log), left);
            largest = MathF.Max(largest, TLanes.Maximum(maximum));
        }

        Maxima[(((_sequence * Geometry.Blocks) + block) * Geometry.Heads) + _head] = largest;
    }
}
