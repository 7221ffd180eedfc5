using MuonSharp.Distributed;
using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>The exchange of one bucket: each rank's sums to the owners, who add them up. On the thread of messages alone.</summary>
internal sealed unsafe class BucketExchange : IDisposable
{
    private readonly ParameterStore _store;
    private readonly NativeBuffer[] _sums;
    private readonly int[] _partsOf;
    private readonly (int Into, int From)[] _additions;
    private readonly NativeBuffer _send;
    private readonly NativeBuffer _receive;
    private readonly int[] _sendCounts;
    private readonly int[] _receiveCounts;
    private readonly nint[] _received;
    private readonly int _rank;

    /// <summary>Room for the largest of some buckets.</summary>
    /// <param name="buckets">The buckets.</param>
    /// <param name="store">Where the last sum of this rank is.</param>
    /// <param name="sums">The sums before it, each laid out as the store's gradients.</param>
    /// <param name="partsOf">How many sums each rank sends.</param>
    /// <param name="additions">What makes one of the sums of all ranks.</param>
    /// <param name="ranks">The ranks.</param>
    public BucketExchange(IReadOnlyList<Bucket> buckets, ParameterStore store, NativeBuffer[] sums, int[] partsOf, (int Into, int From)[] additions, ICollectives ranks)
    {
        (_store, _sums, _partsOf, _additions, _rank) = (store, sums, partsOf, additions, ranks.Rank);
        _received = new nint[partsOf.Sum()];
        _send = new NativeBuffer(buckets.Max(bucket => (long)bucket.Length * partsOf[ranks.Rank]));
        _receive = new NativeBuffer(buckets.Max(bucket => FlatLayout.Padded(bucket.Counts[ranks.Rank]) * _received.Length));
        (_sendCounts, _receiveCounts) = (new int[ranks.Size], new int[ranks.Size]);
    }

    /// <summary>Bytes of what is on its way.</summary>
    public long Bytes => (_send.Length + _receive.Length) * sizeof(float);

    /// <summary>Exchanges a bucket; this rank's part of its gradients is then the sum over all ranks.</summary>
    public void Run(Bucket bucket, ICollectives ranks, GradientReduction reduction)
    {
        int own = bucket.Counts[_rank], parts = _partsOf[_rank];
        Pack(bucket);
        if (reduction == GradientReduction.Fast)
        {
            ranks.ReduceScatter(new Span<float>(_send.Pointer, bucket.Length), bucket.Counts, new Span<float>(_receive.Pointer, own));
        }
        else
        {
            ranks.AllToAll(new Span<float>(_send.Pointer, bucket.Length * parts), _sendCounts, new Span<float>(_receive.Pointer, own * _received.Length), _receiveCounts);
            AddUp(own);
        }

        float* from = _receive.Pointer;
        foreach (Segment segment in bucket.Segments[_rank])
        {
            new Span<float>(from, segment.Length).CopyTo(new Span<float>(segment.Parameter.Gradient.Address + segment.Start, segment.Length));
            from += segment.Length;
        }
    }

    public void Dispose()
    {
        _send.Dispose();
        _receive.Dispose();
    }

    /// <summary>Rank by rank, for each the parts of every sum that are its own.</summary>
    private void Pack(Bucket bucket)
    {
        float* to = _send.Pointer;
        for (int rank = 0; rank < _partsOf.Length; rank++)
        {
            for (int part = 0; part < _partsOf[_rank]; part++)
            {
                float* sum = part < _sums.Length ? _sums[part].Pointer : _store.Gradients;
                foreach (Segment segment in bucket.Segments[rank])
                {
                    long offset = segment.Parameter.Gradient.Address + segment.Start - _store.Gradients;
                    new Span<float>(sum + offset, segment.Length).CopyTo(new Span<float>(to, segment.Length));
                    to += segment.Length;
                }
            }

            _sendCounts[rank] = bucket.Counts[rank] * _partsOf[_rank];
            _receiveCounts[rank] = bucket.Counts[_rank] * _partsOf[rank];
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
            // The workers compute; this thread adds.
            var kernel = new AddKernel(received, additions, _additions.Length, length);
            ((WorkerTeam?)null).RunLanes(kernel.Tasks, kernel);
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
                    L.StorePart(into + i, L.Add(L.LoadPart(into + i, end - i), L.LoadPart(from + i, end - i)), end - i);
                }
            }
        }
    }
}
