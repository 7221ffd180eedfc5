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
    private readonly ImmutableArray<Parameter> _parameters;
    private readonly ICollectives _collectives;
    private readonly GradientReduction _reduction;
    private readonly ImmutableArray<Bucket> _buckets;
    private readonly ImmutableArray<TreePart> _parts;
    private readonly BucketExchange _exchange;
    private readonly CommunicationThread _thread;
    private readonly Action<ICollectives> _next;
    private readonly Action<Parameter> _final;
    private readonly Dictionary<Parameter, int[]> _bucketsOf = [];
    private readonly int[] _unfinished;
    private readonly NativeBuffer[] _sums;
    private readonly GradientTree _tree;
    private readonly long[] _marks;
    private int _part;
    private int _posted;
    private int _exchanged;

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

        (_store, _parameters, _collectives, _reduction, Leaves) = (store, [.. store.Parameters], collectives, reduction, leaves);
        (First, End) = TreePart.LeavesOf(leaves, collectives.Rank, collectives.Size);
        ImmutableArray<TreePart>[] partsOf = [.. Enumerable.Range(0, collectives.Size).Select(PartsOf)];
        _parts = partsOf[collectives.Rank];
        ImmutableArray<(int Into, int From)> additions = reduction == GradientReduction.Tree ? TreePart.Additions(leaves, [.. partsOf.SelectMany(static parts => parts)]) : [];

        // The last layers' gradients are there first.
        _buckets = Bucket.Cut(store.Parameters.Reverse(), ownership, Bucket.LengthFor(collectives.Size));
        _tree = new GradientTree(store, _parts.Max(static part => part.Count), team);
        _sums = [.. _parts.Skip(1).Select(_ => new NativeBuffer(store.Length))];
        _exchange = new BucketExchange(_buckets, store, _sums, [.. partsOf.Select(static parts => parts.Length)], [.. additions], collectives);
        foreach (IGrouping<Parameter, int> parameter in _buckets.SelectMany(static (bucket, number) => bucket.Parameters.Select(parameter => (Parameter: parameter, Number: number)))
            .GroupBy(static entry => entry.Parameter, static entry => entry.Number))
        {
            _bucketsOf.Add(parameter.Key, [.. parameter]);
        }

        _unfinished = new int[_buckets.Length];
        _marks = new long[store.Parameters.Sum(static parameter => parameter.MatrixCount)];
        (_next, _final) = (ExchangeNext, Finish);
        _thread = new CommunicationThread(collectives);
        Reset();
    }

    /// <summary>The micro-batches that a rank computes: an equal share, in order.</summary>
    /// <param name="leaves">Micro-batches of a step.</param>
    /// <param name="rank">The rank.</param>
    /// <param name="ranks">Number of ranks.</param>
    /// <returns>The first, and one beyond the last.</returns>
    public static (int First, int End) LeavesOf(int leaves, int rank, int ranks) => TreePart.LeavesOf(leaves, rank, ranks);

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

    /// <summary>Bytes that it holds: sums of micro-batches, and gradients on their way.</summary>
    public long BufferBytes => (sizeof(float) * _store.Length * (GradientTree.BuffersOf(_parts.Max(static part => part.Count)) + _sums.Length)) + _exchange.Bytes;

    /// <summary>Time that the exchange of buckets has taken so far.</summary>
    public TimeSpan Busy => _thread.Busy;

    /// <summary>Of it, what was waited for after the backward runs: the rest was hidden behind them.</summary>
    public TimeSpan Waited => _thread.Waited;

    /// <inheritdoc/>
    public Action<Parameter>? FinalIn(int leaf) => leaf == End - 1 ? _final : null;

    /// <inheritdoc/>
    public void Add(int leaf)
    {
        TreePart part = _parts[_part];
        if (leaf < End - 1)
        {
            _tree.Add(leaf - part.First);
            if (leaf == part.First + part.Count - 1)
            {
                Mark();
                Buffer.MemoryCopy(_store.Gradients, _sums[_part].Pointer, _store.Length * sizeof(float), _store.Length * sizeof(float));
                _tree.Reset(_parts[++_part].Count);
            }

            return;
        }

        _tree.EndLast();
        Mark();
        while (_posted < _buckets.Length)
        {
            Post();
        }

        _thread.Drain();
        ShareMarks();
        Reset();
    }

    /// <inheritdoc/>
    public void Reset()
    {
        if (_posted > 0)
        {
            _thread.Drain();
        }

        (_part, _posted, _exchanged) = (0, 0, 0);
        _tree.Reset(_parts[0].Count);
        Array.Clear(_marks);
        for (int i = 0; i < _unfinished.Length; i++)
        {
            _unfinished[i] = _buckets[i].Parameters.Length;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _thread.Dispose();
        _tree.Dispose();
        _exchange.Dispose();
        Array.ForEach(_sums, static sum => sum.Dispose());
    }

    /// <summary>Buckets go in their order, which is that of all ranks, each as soon as all of its gradients are complete.</summary>
    private void Finish(Parameter parameter)
    {
        foreach (int bucket in _bucketsOf[parameter])
        {
            _unfinished[bucket]--;
        }

        while (_posted < _buckets.Length && _unfinished[_posted] == 0)
        {
            Post();
        }
    }

    private void Post()
    {
        _posted++;
        _thread.Post(_next);
    }

    /// <summary>On the thread of messages: the rest of this rank's last tree, then the exchange.</summary>
    private void ExchangeNext(ICollectives collectives)
    {
        Bucket bucket = _buckets[_exchanged];
        foreach (Parameter parameter in bucket.Parameters)
        {
            // Of a parameter in several buckets, the first one adds all.
            if (_bucketsOf[parameter][0] == _exchanged)
            {
                _tree.AddLast(parameter);
            }
        }

        _exchange.Run(bucket, collectives, _reduction);
        _exchanged++;
    }

    private ImmutableArray<TreePart> PartsOf(int rank)
    {
        (int first, int end) = TreePart.LeavesOf(Leaves, rank, _collectives.Size);
        return _reduction == GradientReduction.Tree ? TreePart.Of(Leaves, first, end) : [new TreePart(first, end - first)];
    }

    private void Mark()
    {
        int next = 0;
        foreach (Parameter parameter in _parameters)
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
        foreach (Parameter parameter in _parameters)
        {
            for (int matrix = 0; matrix < parameter.MatrixCount; matrix++, next++)
            {
                parameter.SetGradientOf(matrix, _marks[next] != 0);
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
