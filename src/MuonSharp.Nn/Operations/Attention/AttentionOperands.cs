using System.Runtime.InteropServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Where attention finds queries, keys and values: ranges of columns of one tensor or of several, all with as many rows.</summary>
/// <remarks>
/// <para>One fused projection, separate ones, keys and values that alternate by head (latent attention's <c>kv_b_proj</c>): a matter of first columns and strides. Queries and keys
/// may have a second range, whose dots are added to the first one's: a part that is turned by position beside one that is not. A range of keys or values with stride 0 is that of all heads.</para>
/// <para>Source of the second ranges: DeepSeek-AI, "DeepSeek-V2", arXiv:2405.04434.</para>
/// </remarks>
public sealed record AttentionOperands
{
    /// <summary>Queries, by query head.</summary>
    public required TensorColumns Query { get; init; }

    /// <summary>More columns of each query, behind the first; null for none.</summary>
    public TensorColumns? SecondQuery { get; init; }

    /// <summary>Keys, by key-value head.</summary>
    public required TensorColumns Key { get; init; }

    /// <summary>More columns of each key, behind the first; null for none. The two of a key are as wide as the two of a query.</summary>
    public TensorColumns? SecondKey { get; init; }

    /// <summary>Values, by key-value head.</summary>
    public required TensorColumns Value { get; init; }

    /// <summary>The operands with all keys and values so far, where the queries continue cached sequences: what is of new tokens alone is put aside, once a tensor.</summary>
    internal AttentionOperands Cached(Tape tape, Sequences sequences, AttentionShape shape)
    {
        if (sequences.Cached is null)
        {
            return this;
        }

        Dictionary<Tensor, (Tensor State, int First)> states = [];
        TensorColumns[] added = [.. new TensorColumns?[] { Key, SecondKey, Value }.OfType<TensorColumns>().Where(range => range.Tensor.Sequences == sequences)];
        foreach (IGrouping<Tensor, HeadColumns> ranges in added.GroupBy(range => range.Tensor, range => range.Columns))
        {
            int first = ranges.Min(columns => columns.First), end = ranges.Max(columns => columns.At(shape.EffectiveKeyValueHeads - 1) + columns.Width);
            states.Add(ranges.Key, (tape.Cached(TensorColumns.Part(ranges.Key, first, end - first)), first));
        }

        return this with { Key = All(Key), SecondKey = SecondKey is { } key ? All(key) : null, Value = All(Value) };

        TensorColumns All(TensorColumns range) => states.TryGetValue(range.Tensor, out (Tensor State, int First) state)
            ? new(state.State, range.Columns with { First = range.Columns.First - state.First })
            : range;
    }

    internal void Check(AttentionShape shape)
    {
        Rule.Check(
            Width(Query, SecondQuery) == shape.HeadWidth && Width(Key, SecondKey) == shape.HeadWidth && Value.Columns.Width == shape.EffectiveValueWidth,
            $"[attention] a head's queries and keys have {shape.HeadWidth} columns, its values {shape.EffectiveValueWidth}; {this}");
        Dictionary<Tensor, bool[]> used = [];
        CheckRange(Query, shape.Heads, shared: false, used);
        CheckRange(Key, shape.EffectiveKeyValueHeads, shared: true, used);
        CheckRange(Value, shape.EffectiveKeyValueHeads, shared: true, used);
        if (SecondQuery is { } query)
        {
            CheckRange(query, shape.Heads, shared: false, used);
        }

        if (SecondKey is { } key)
        {
            CheckRange(key, shape.EffectiveKeyValueHeads, shared: true, used);
        }
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"queries {Query}{(SecondQuery is { } query ? $" and {query}" : "")}, keys {Key}{(SecondKey is { } key ? $" and {key}" : "")}, values {Value}";

    private static int Width(TensorColumns first, TensorColumns? second) => first.Columns.Width + (second?.Columns.Width ?? 0);

    private void CheckRange(TensorColumns range, int heads, bool shared, Dictionary<Tensor, bool[]> used)
    {
        (Tensor tensor, HeadColumns columns) = range;
        Sequences? sequences = shared && Query.Tensor.Sequences?.Cached is { } tokens ? tokens.All : Query.Tensor.Sequences;
        Rule.Check(tensor.Rows == (sequences?.Rows ?? Query.Tensor.Rows), $"[attention] queries, keys and values have as many rows; {this}");
        Rule.Check(tensor.Sequences is null || tensor.Sequences == sequences, $"[attention] queries, keys and values are the same sequences; {this}");
        Rule.Check(
            columns.Fits(tensor.Columns, heads) && (shared || heads == 1 || columns.Stride > 0),
            $"[attention] heads lie apart inside the columns, or all share one range of keys or values; {range}, {heads} heads");
        if (!tensor.RequiresGradient)
        {
            return;
        }

        ref bool[]? taken = ref CollectionsMarshal.GetValueRefOrAddDefault(used, tensor, out _);
        taken ??= new bool[tensor.Columns];
        for (int head = 0; head < (columns.Stride == 0 ? 1 : heads); head++)
        {
            Span<bool> mine = taken.AsSpan(columns.At(head), columns.Width);
            Rule.Check(!mine.Contains(true), $"[attention] with a gradient, each column is one operand's; {range} meets another, {this}");
            mine.Fill(true);
        }
    }
}

/// <summary>Queries, keys or values as the runs need them: where they lie, and where their gradients go.</summary>
internal sealed unsafe class AttentionOperand(TensorColumns first, TensorColumns? second, int heads)
{
    private readonly Range _first = new(first, heads);
    private readonly Range? _second = second is { } more ? new Range(more, heads) : null;

    public HeadMemory Values => new() { First = _first.Values, Second = _second?.Values ?? default };

    public HeadMemory Gradients => new() { First = _first.Gradient, Second = _second?.Gradient ?? default };

    public void DeclareReads(OperationPlan plan)
    {
        plan.Reads(_first.Tensor, inBackward: true);
        plan.Reads(_second?.Tensor, inBackward: true);
    }

    /// <summary>Announces gradients: one contribution a tensor, whatever is in it.</summary>
    public void DeclareGradients(OperationPlan plan, Dictionary<Tensor, AttentionSlot> slots)
    {
        _first.DeclareGradient(plan, slots);
        _second?.DeclareGradient(plan, slots);
    }

    /// <summary>Gradients of what all heads share: the sums over the heads.</summary>
    public void AddShared(WorkerTeam team)
    {
        _first.AddShared(team);
        _second?.AddShared(team);
    }

    private sealed class Range(TensorColumns range, int heads)
    {
        private GradientSlot? _slot;
        private TapeBuffer? _partial;

        public Tensor Tensor => range.Tensor;

        public ColumnMemory Values => Of(range.Tensor.Data);

        /// <summary>Of a range that all heads share, each head's own contribution.</summary>
        public ColumnMemory Gradient
        {
            get
            {
                int width = range.Columns.Width;
                return _partial is not null
                    ? new ColumnMemory { Data = _partial.Pointer, RowStride = heads * width, Columns = HeadColumns.SideBySide(width) }
                    : Of(_slot is null ? null : _slot.Data, _slot is { Accumulates: true });
            }
        }

        public void DeclareGradient(OperationPlan plan, Dictionary<Tensor, AttentionSlot> slots)
        {
            if (!slots.TryGetValue(Tensor, out AttentionSlot? slot))
            {
                slot = new AttentionSlot(plan.Gradient(Tensor));
                slots.Add(Tensor, slot);
            }

            bool shared = range.Columns.Stride == 0 && heads > 1;
            slot.Columns += range.Columns.Width * (shared ? 1 : heads);
            _slot = slot.Gradient;
            _partial = shared && _slot is not null ? plan.ScratchInBackward("shared", (long)Tensor.Rows * heads * range.Columns.Width) : null;
        }

        public void AddShared(WorkerTeam team)
        {
            if (_partial is not null)
            {
                ColumnMemory sums = Of(_slot!.Data, _slot.Accumulates);
                team.RunLanes(TaskSize.Pieces(Tensor.Rows, TaskSize.RowsPerTask(heads * range.Columns.Width)), new SharedHeads(_partial.Pointer, heads, sums, Tensor.Rows));
            }
        }

        private ColumnMemory Of(float* data, bool add = false) => new() { Data = data, RowStride = Tensor.Columns, Columns = range.Columns, Add = add };
    }
}

/// <summary>Attention's contribution to the gradient of one tensor.</summary>
internal sealed unsafe class AttentionSlot(GradientSlot? gradient)
{
    public GradientSlot? Gradient => gradient;

    /// <summary>Columns that some operand has.</summary>
    public int Columns { get; set; }

    /// <summary>Makes the first contribution to columns that no operand has: zeros.</summary>
    public void ClearRest()
    {
        if (gradient is { Accumulates: false } && Columns < gradient.Tensor.Columns)
        {
            NativeMemory.Clear(gradient.Data, checked((nuint)gradient.Tensor.Length * sizeof(float)));
        }
    }
}

/// <summary>sums[r] = [sums[r] +] partial[r, head 0] + partial[r, head 1] + ...: one chain in ascending heads. A task is a range of rows.</summary>
internal readonly unsafe struct SharedHeads(float* partial, int heads, ColumnMemory sums, int rows) : ITaskKernel
{
    public void Run<L, V>(int task, int worker)
        where L : struct, ILanes<V>
        where V : struct
    {
        int width = sums.Columns.Width, count = TaskSize.RowsPerTask(heads * width);
        for (int row = task * count; row < Math.Min(rows, (task + 1) * count); row++)
        {
            Matrix sum = sums.View(new HeadPlace(row, 1, 0));
            float* from = partial + ((nint)row * heads * width);
            int i = 0;
            for (; i <= width - LaneDispatch.Count; i += LaneDispatch.Count)
            {
                Sum<L, V, FullVector>(from + i, sum.Data + i, width - i);
            }

            if (i < width)
            {
                Sum<L, V, RowEnd>(from + i, sum.Data + i, width - i);
            }
        }
    }

    private void Sum<L, V, TExtent>(float* from, float* to, int left)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent
    {
        V sum = sums.Add ? L.Add(TExtent.Load<L, V>(to, left), TExtent.Load<L, V>(from, left)) : TExtent.Load<L, V>(from, left);
        for (int head = 1; head < heads; head++)
        {
            sum = L.Add(sum, TExtent.Load<L, V>(from + ((nint)head * sums.Columns.Width), left));
        }

        TExtent.Store<L, V>(to, sum, left);
    }
}
