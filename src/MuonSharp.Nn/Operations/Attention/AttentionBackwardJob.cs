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
        var mine = this;
        (mine._sequence, mine._keyHead) = Math.DivRem(task, Geometry.KeyValueHeads);
        mine._scratch = new AttentionBackwardScratch(Scratch + (worker * ScratchStride), Geometry.Blocks, Geometry.Padded);
        LaneDispatch.Run(ref mine);
    }

    public readonly void Run<TLanes, TVector>()
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        for (var member = 0; member < Geometry.Group; member++)
        {
            Head<TLanes, TVector>((_keyHead * Geometry.Group) + member, member == 0);
        }
    }

    private readonly void Head<TLanes, TVector>(int head, bool firstOfGroup)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var query = Geometry.View(Query, _sequence, head);
        var all = Geometry.Batch * Geometry.Time;
        var outputGradient = Geometry.View(Matrix.Dense(OutputGradient, all, Geometry.Heads * Geometry.Width), _sequence, head);
        var output = Geometry.View(Matrix.Dense(Output, all, Geometry.Heads * Geometry.Width), _sequence, head);
        HeadRows.Load<TLanes, TVector>(query, _scratch.Queries);
        HeadRows.Load<TLanes, TVector>(query, _scratch.Scaled, Geometry.Scale);
        HeadRows.Load<TLanes, TVector>(outputGradient, _scratch.OutputGradients);
        RowDots.Run<TLanes, TVector>(output, outputGradient, _scratch.Dots);
        var wanted = QueryGradient.Data != null;
        HeadRows.Start<TLanes, TVector>(wanted ? Geometry.View(QueryGradient, _sequence, head) : query, _scratch.QueryGradients, wanted && AddQuery);
        for (var block = 0; block < Geometry.Blocks; block++)
        {
            Keys<TLanes, TVector>(head, block, firstOfGroup);
        }

        if (wanted)
        {
            HeadRows.Store<TLanes, TVector>(_scratch.QueryGradients, Geometry.View(QueryGradient, _sequence, head));
        }
    }

    /// <summary>One block of keys against all queries that see it.</summary>
    private readonly void Keys<TLanes, TVector>(int head, int block, bool firstOfGroup)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var key = Geometry.View(Key, _sequence, block, _keyHead);
        HeadRows.Load<TLanes, TVector>(key, _scratch.Keys);
        HeadRows.LoadTransposed(key, _scratch.KeysTransposed);
        HeadRows.LoadTransposed(Geometry.View(Value, _sequence, block, _keyHead), _scratch.ValuesTransposed);
        var (wantKey, wantValue) = (KeyGradient.Data != null, ValueGradient.Data != null);
        var keyGradient = wantKey ? Geometry.View(KeyGradient, _sequence, block, _keyHead) : key;
        var valueGradient = wantValue ? Geometry.View(ValueGradient, _sequence, block, _keyHead) : key;
        HeadRows.Start<TLanes, TVector>(keyGradient, _scratch.KeyGradients, wantKey && (AddKey || !firstOfGroup));
        HeadRows.Start<TLanes, TVector>(valueGradient, _scratch.ValueGradients, wantValue && (AddValue || !firstOfGroup));
        var pair = new AttentionBackwardPair
        {
            Geometry = Geometry,
            Scratch = _scratch,
            LogSumExp = LogSumExp + ((((nint)_sequence * Geometry.Heads) + head) * Geometry.Time),
            KeyBlock = block,
        };
        for (pair.QueryBlock = block; pair.QueryBlock <= Geometry.LastQueryBlock(block); pair.QueryBlock++)
        {
            pair.Run<TLanes, TVector>();
        }

        if (wantKey)
        {
            HeadRows.Store<TLanes, TVector>(_scratch.KeyGradients, keyGradient);
        }

        if (wantValue)
        {
            HeadRows.Store<TLanes, TVector>(_scratch.ValueGradients, valueGradient);
        }
    }
}
