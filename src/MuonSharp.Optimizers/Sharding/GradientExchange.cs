using System.Collections.Immutable;
using MuonSharp.Distributed;
using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>Adds up the gradients of a step's micro-batches over several ranks; each rank gets the sum of what it updates.</summary>
/// <remarks>
/// <para>Rank r of N computes the micro-batches from L r / N to L (r + 1) / N. In <see cref="GradientReduction.Tree"/> it adds up the whole subtrees of <see cref="GradientTree"/>'s tree among
/// them and sends each sum's parts to their owners (all-to-all), who add the rest of the tree: the bits are those of one process, for any number of ranks. In
/// <see cref="GradientReduction.Fast"/> it adds its micro-batches and leaves the rest, and its order, to the engine (reduce-scatter).</para>
/// <code>
/// for (int i = exchange.First; i &lt; exchange.End; i++) { store.ZeroGradients(); forward and backward of micro-batch i; exchange.Add(i); }
/// optimizer.Step();
/// </code>
/// <para>A matrix has a gradient if it had one in any micro-batch of any rank. What another rank owns is undefined afterwards.</para>
/// <para>Bytes a rank sends: 4 (N - 1) / N of the elements where it has one subtree, which is so for powers of two; at most 2 log2 L times as many. Memory: a store's length for each
/// subtree but the last, and those of <see cref="GradientTree"/>.</para>
/// </remarks>
public sealed unsafe class GradientExchange : IGradientSum
{
    private readonly ParameterStore _store;
    private readonly ICollectives _collectives;
    private readonly WorkerTeam? _team;
    private readonly GradientReduction _reduction;
    private readonly ImmutableArray<Bucket> _buckets;
    private readonly ImmutableArray<TreePart>[] _partsOf;
    private readonly ImmutableArray<TreePart> _parts;
    private readonly (int Into, int From)[] _additions;
    private readonly NativeBuffer[] _sums;
    private readonly GradientTree _tree;
    private readonly NativeBuffer _send;
    private readonly NativeBuffer _receive;
    private readonly int[] _sendCounts;
    private readonly int[] _receiveCounts;
    private readonly nint[] _received;
    private readonly long[] _marks;
    private int _part;

    /// <summary>An exchange over the gradients of a store.</summary>
    /// <param name="store">A store with gradients.</param>
    /// <param name="ownership">Who updates what: that of the optimizer.</param>
    /// <param name="collectives">The ranks.</param>
    /// <param name="leaves">Micro-batches of a step over all ranks, one a rank or more.</param>
    /// <param name="reduction">Who says in which order gradients are added.</param>
    /// <param name="team">Workers; null: the calling thread.</param>
    /// <exception cref="ArgumentException">There are fewer micro-batches than ranks, or the store has no gradients.</exception>
    public GradientExchange(
        ParameterStore store, Ownership ownership, ICollectives collectives, int leaves, GradientReduction reduction = GradientReduction.Tree, WorkerTeam? team = null)
    {
        if (leaves < collectives.Size || ownership.Ranks != collectives.Size)
        {
            throw new ArgumentException(leaves < collectives.Size
                ? $"[gradient exchange] every rank needs a micro-batch of each step: {collectives.Size} ranks, {leaves} micro-batches"
                : $"[gradient exchange] the ownership is that of as many ranks; {ownership.Ranks} and {collectives.Size}");
        }

        (_store, _collectives, _reduction, _team, Leaves) = (store, collectives, reduction, team, leaves);
        (First, End) = TreePart.LeavesOf(leaves, collectives.Rank, collectives.Size);
        _partsOf = [.. Enumerable.Range(0, collectives.Size).Select(PartsOf)];
        _parts = _partsOf[collectives.Rank];
        _additions = reduction == GradientReduction.Tree ? [.. TreePart.Additions(leaves, [.. _partsOf.SelectMany(static parts => parts)])] : [];

        // The last layers' gradients are there first.
        _buckets = Bucket.Cut(store.Parameters.Reverse(), ownership, Bucket.LengthFor(collectives.Size));
        _tree = new GradientTree(store, _parts.Max(static part => part.Count), team);
        _sums = [.. _parts.Skip(1).Select(_ => new NativeBuffer(store.Length))];
        _send = new NativeBuffer(_buckets.Max(bucket => (long)bucket.Length * _parts.Length));
        _received = new nint[_partsOf.Sum(static parts => parts.Length)];
        _receive = new NativeBuffer(_buckets.Max(bucket => FlatLayout.Padded(bucket.Counts[collectives.Rank]) * (reduction == GradientReduction.Tree ? _received.Length : 1)));
        (_sendCounts, _receiveCounts) = (new int[collectives.Size], new int[collectives.Size]);
        _marks = new long[store.Parameters.Sum(static parameter => parameter.MatrixCount)];
        Reset();
    }

    /// <summary>The sums that a rank sends in a step: subtrees of its micro-batches.</summary>
    /// <param name="leaves">Micro-batches of a step.</param>
    /// <param name="rank">The rank.</param>
    /// <param name="ranks">Number of ranks.</param>
    public static int PartsOf(int leaves, int rank, int ranks)
    {
        (int first, int end) = TreePart.LeavesOf(leaves, rank, ranks);
        return TreePart.Of(leaves, first, end).Length;
    }

    /// <summary>The messages that a step's gradients take to each rank, and its weights, about.</summary>
    /// <param name="elements">Elements of all parameters.</param>
    /// <param name="ranks">Number of ranks.</param>
    public static int BucketsOf(long elements, int ranks) => (int)((elements + Bucket.LengthFor(ranks) - 1) / Bucket.LengthFor(ranks));

    /// <inheritdoc/>
    public int Leaves { get; }

    /// <inheritdoc/>
    public int First { get; }

    /// <inheritdoc/>
    public int End { get; }

    /// <inheritdoc/>
    public void Add(int leaf)
    {
        TreePart part = _parts[_part];
        _tree.Add(leaf - part.First);
        if (leaf < part.First + part.Count - 1)
        {
            return;
        }

        Mark();
        if (_part < _parts.Length - 1)
        {
            Buffer.MemoryCopy(_store.Gradients, _sums[_part].Pointer, _store.Length * sizeof(float), _store.Length * sizeof(float));
            _tree.Reset(_parts[++_part].Count);
            return;
        }

        Exchange();
        Reset();
    }

    /// <inheritdoc/>
    public void Reset()
    {
        _part = 0;
        _tree.Reset(_parts[0].Count);
        Array.Clear(_marks);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _tree.Dispose();
        _send.Dispose();
        _receive.Dispose();
        Array.ForEach(_sums, static sum => sum.Dispose());
    }

    private ImmutableArray<TreePart> PartsOf(int rank)
    {
        (int first, int end) = TreePart.LeavesOf(Leaves, rank, _collectives.Size);
        return _reduction == GradientReduction.Tree ? TreePart.Of(Leaves, first, end) : [new TreePart(first, end - first)];
    }

    private void Exchange()
    {
        ShareMarks();
        foreach (Bucket bucket in _buckets)
        {
            int own = bucket.Counts[_collectives.Rank];
            Pack(bucket);
            if (_reduction == GradientReduction.Fast)
            {
                _collectives.ReduceScatter(new Span<float>(_send.Pointer, bucket.Length), bucket.Counts, new Span<float>(_receive.Pointer, own));
            }
            else
            {
                _collectives.AllToAll(
                    new Span<float>(_send.Pointer, bucket.Length * _parts.Length), _sendCounts, new Span<float>(_receive.Pointer, own * _received.Length), _receiveCounts);
                AddUp(own);
            }

            float* from = _receive.Pointer;
            foreach (Segment segment in bucket.Segments[_collectives.Rank])
            {
                new Span<float>(from, segment.Length).CopyTo(new Span<float>(segment.Parameter.Gradient.Address + segment.Start, segment.Length));
                from += segment.Length;
            }
        }
    }

    /// <summary>Rank by rank, for each the parts of every sum that are its own.</summary>
    private void Pack(Bucket bucket)
    {
        float* to = _send.Pointer;
        for (int rank = 0; rank < _collectives.Size; rank++)
        {
            for (int part = 0; part < _parts.Length; part++)
            {
                float* sum = part < _sums.Length ? _sums[part].Pointer : _store.Gradients;
                foreach (Segment segment in bucket.Segments[rank])
                {
                    long offset = segment.Parameter.Gradient.Address + segment.Start - _store.Gradients;
                    new Span<float>(sum + offset, segment.Length).CopyTo(new Span<float>(to, segment.Length));
                    to += segment.Length;
                }
            }

            _sendCounts[rank] = bucket.Counts[rank] * _parts.Length;
            _receiveCounts[rank] = bucket.Counts[_collectives.Rank] * _partsOf[rank].Length;
        }
    }

    /// <summary>The rest of the tree; the sum is the first of what was received.</summary>
    private void AddUp(int length)
    {
        for (int i = 0; i < _received.Length; i++)
        {
            _received[i] = (nint)(_receive.Pointer + ((long)i * length));
        }

        fixed (nint* received = _received)
        fixed ((int Into, int From)* additions = _additions)
        {
            var kernel = new AddKernel(received, additions, _additions.Length, length);
            _team.RunLanes(kernel.Tasks, kernel);
        }
    }

    private void Mark()
    {
        int next = 0;
        foreach (Parameter parameter in _store.Parameters)
        {
            for (int matrix = 0; matrix < parameter.MatrixCount; matrix++, next++)
            {
                _marks[next] = parameter.HasGradientOf(matrix) ? 1 : _marks[next];
            }
        }
    }

    private void ShareMarks()
    {
        _collectives.AllReduce(_marks, Reduction.Max);
        int next = 0;
        foreach (Parameter parameter in _store.Parameters)
        {
            for (int matrix = 0; matrix < parameter.MatrixCount; matrix++, next++)
            {
                parameter.SetGradientOf(matrix, _marks[next] != 0);
            }
        }
    }

    /// <summary>x[into] += x[from] for each addition in order, a chunk of elements at a time.</summary>
    private readonly struct AddKernel(nint* values, (int Into, int From)* additions, int count, int length) : ITaskKernel
    {
        private const int Chunk = 1 << 12;

        public int Tasks => (length + Chunk - 1) / Chunk;

        public void Run<L, V>(int task, int worker)
            where L : struct, ILanes<V>
            where V : struct
        {
            int start = task * Chunk, end = Math.Min(length, start + Chunk);
            for (int addition = 0; addition < count; addition++)
            {
                float* into = (float*)values[additions[addition].Into];
                float* from = (float*)values[additions[addition].From];
                int i = start;
                for (; i <= end - LaneDispatch.Count; i += LaneDispatch.Count)
                {
                    L.Store(into + i, L.Add(L.Load(into + i), L.Load(from + i)));
                }

                if (i < end)
                {
                    LaneDispatch.StorePart<L, V>(into + i, L.Add(LaneDispatch.LoadPart<L, V>(into + i, end - i), LaneDispatch.LoadPart<L, V>(from + i, end - i)), end - i);
                }
            }
        }
    }
}

/// <summary>Who says in which order the gradients of several ranks are added.</summary>
public enum GradientReduction
{
    /// <summary>A fixed tree over the micro-batches: the same bits for any number of ranks.</summary>
    Tree,

    /// <summary>The engine: the bits depend on the ranks, the library and the size of messages.</summary>
    Fast,
}
