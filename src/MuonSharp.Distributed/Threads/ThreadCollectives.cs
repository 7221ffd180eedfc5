using System.Numerics;
using System.Runtime.ExceptionServices;

namespace MuonSharp.Distributed;

/// <summary>Ranks that are threads of one process: for tests of programs that will run over MPI, and for trying out what they would do.</summary>
/// <remarks>Sums are made in the order of ranks. A rank that is disposed of before the others are done, calls with arguments that break a rule, or aborts, ends the others with a
/// <see cref="CollectiveException"/>. A thread that ends without any of these is waited for; <see cref="Run"/> sees to it.</remarks>
public sealed unsafe class ThreadCollectives : ICollectives
{
    private readonly ThreadWorld _world;
    private readonly ThreadPosting _posting;
    private readonly string[] _roots;
    private byte[] _scratch = [];
    private bool _disposed;

    private ThreadCollectives(ThreadWorld world, int rank) =>
        (_world, _posting, Rank, _roots) = (world, world.Postings[rank], rank, [.. Enumerable.Range(0, world.Size).Select(static root => $"from rank {root}")]);

    /// <inheritdoc/>
    public int Rank { get; }

    /// <inheritdoc/>
    public int Size => _world.Size;

    /// <inheritdoc/>
    public string Engine => "threads";

    /// <inheritdoc/>
    public string Activity { get; set; } = string.Empty;

    /// <inheritdoc/>
    public long Step { get; set; }

    /// <inheritdoc/>
    public long BytesSent { get; private set; }

    /// <summary>Makes ranks; each is for a thread of its own.</summary>
    /// <param name="size">How many, 1 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is not one rank.</exception>
    public static ICollectives[] Create(int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        var world = new ThreadWorld(size);
        return [.. Enumerable.Range(0, size).Select(rank => new ThreadCollectives(world, rank))];
    }

    /// <summary>Runs a program on ranks, each on a thread of its own, to its end.</summary>
    /// <param name="size">How many, 1 or more.</param>
    /// <param name="program">What each of them does; what the first that fails has thrown is thrown here.</param>
    public static void Run(int size, Action<ICollectives> program)
    {
        Exception? first = null;
        Thread[] threads = [.. Create(size).Select(rank => new Thread(() =>
        {
            try
            {
                program(rank);
            }
            catch (Exception error)
            {
                _ = Interlocked.CompareExchange(ref first, error, null);
                ((ThreadCollectives)rank)._world.Fail($"[ranks] rank {rank.Rank} has failed: {error.Message}");
            }
            finally
            {
                rank.Dispose();
            }
        })
        { IsBackground = true, Name = $"rank {rank.Rank}" })];
        Array.ForEach(threads, static thread => thread.Start());
        Array.ForEach(threads, static thread => thread.Join());
        if (first is not null)
        {
            ExceptionDispatchInfo.Throw(first);
        }
    }

    /// <inheritdoc/>
    public void Barrier()
    {
        Post("barrier", string.Empty, null, 0);
        _world.Meet(Rank);
    }

    /// <inheritdoc/>
    public void Broadcast(Span<byte> data, int root)
    {
        Check(CollectiveRules.Broadcast(root, Size));

        fixed (byte* own = data)
        {
            Post("broadcast", _roots[root], own, data.Length, sameLength: true);
            if (Rank != root)
            {
                From<byte>(root).CopyTo(data);
            }

            _world.Meet(Rank);
        }

        BytesSent += Rank == root ? (long)data.Length * (Size - 1) : 0;
    }

    /// <inheritdoc/>
    public void AllReduce(Span<long> data, Reduction operation) => Reduce(data, operation);

    /// <inheritdoc/>
    public void AllReduce(Span<double> data, Reduction operation) => Reduce(data, operation);

    /// <inheritdoc/>
    public void AllReduce(Span<float> data, Reduction operation) => Reduce(data, operation);

    /// <inheritdoc/>
    public void ReduceScatter(ReadOnlySpan<float> data, ReadOnlySpan<int> counts, Span<float> result)
    {
        Check(CollectiveRules.ReduceScatter(data.Length, counts, result.Length, Rank, Size));

        fixed (float* own = data)
        {
            Post("reduce-scatter", string.Empty, own, data.Length, counts: counts);
            Add(result, CollectiveRules.Start(counts, Rank), Reduction.Sum);
            _world.Meet(Rank);
        }

        BytesSent += sizeof(float) * (long)(data.Length - result.Length);
    }

    /// <inheritdoc/>
    public void AllGather(Span<float> data, ReadOnlySpan<int> counts) => Gather(data, counts);

    /// <inheritdoc/>
    public void AllGather(Span<byte> data, ReadOnlySpan<int> counts) => Gather(data, counts);

    /// <inheritdoc/>
    public void AllToAll(ReadOnlySpan<float> send, ReadOnlySpan<int> sendCounts, Span<float> receive, ReadOnlySpan<int> receiveCounts)
    {
        Check(CollectiveRules.AllToAll(send.Length, sendCounts, receive.Length, receiveCounts, Rank, Size));

        fixed (float* own = send)
        {
            Post("all-to-all", string.Empty, own, send.Length, counts: sendCounts, receiveCounts: receiveCounts);
            int to = 0;
            for (int rank = 0; rank < Size; rank++)
            {
                From<float>(rank).Slice(CollectiveRules.Start(_world.Postings[rank].Counts, Rank), receiveCounts[rank]).CopyTo(receive[to..]);
                to += receiveCounts[rank];
            }

            _world.Meet(Rank);
        }

        BytesSent += sizeof(float) * (long)(send.Length - sendCounts[Rank]);
    }

    /// <inheritdoc/>
    public void Abort(string reason, int exitCode) => _world.Fail($"[ranks] rank {Rank} ended all ranks: {reason}");

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _world.Fail($"[ranks] rank {Rank} has left{CollectiveRules.At(", at ", Activity, Step)}");
        }
    }

    private void Reduce<T>(Span<T> data, Reduction operation)
        where T : unmanaged, INumber<T>
    {
        Check(CollectiveRules.AllReduce(operation));

        if (_scratch.Length < data.Length * sizeof(T))
        {
            _scratch = new byte[data.Length * sizeof(T)];
        }

        fixed (T* own = data)
        fixed (byte* scratch = _scratch)
        {
            Post("all-reduce", Kinds<T>.Of[(int)operation], own, data.Length, sameLength: true);
            Span<T> result = new(scratch, data.Length);
            Add(result, 0, operation);
            _world.Meet(Rank);
            result.CopyTo(data);
        }

        BytesSent += 2L * data.Length * sizeof(T) * (Size - 1) / Size;
    }

    private void Add<T>(Span<T> result, int start, Reduction operation)
        where T : unmanaged, INumber<T>
    {
        From<T>(0).Slice(start, result.Length).CopyTo(result);
        for (int rank = 1; rank < Size; rank++)
        {
            ReadOnlySpan<T> theirs = From<T>(rank).Slice(start, result.Length);
            for (int i = 0; i < result.Length; i++)
            {
                result[i] = operation switch
                {
                    Reduction.Sum => result[i] + theirs[i],
                    Reduction.Min => T.Min(result[i], theirs[i]),
                    _ => T.Max(result[i], theirs[i]),
                };
            }
        }
    }

    private void Gather<T>(Span<T> data, ReadOnlySpan<int> counts)
        where T : unmanaged
    {
        Check(CollectiveRules.AllGather(data.Length, counts, Size));

        fixed (T* own = data)
        {
            Post("all-gather", Kinds<T>.Name, own, data.Length, counts: counts);
            int start = 0;
            for (int rank = 0; rank < Size; rank++)
            {
                if (rank != Rank)
                {
                    From<T>(rank).Slice(start, counts[rank]).CopyTo(data[start..]);
                }

                start += counts[rank];
            }

            _world.Meet(Rank);
        }

        BytesSent += (long)counts[Rank] * sizeof(T) * (Size - 1);
    }

    private ReadOnlySpan<T> From<T>(int rank)
        where T : unmanaged => new((void*)_world.Postings[rank].Data, _world.Postings[rank].Length);

    private void Post(string call, string kind, void* data, int length, bool sameLength = false, ReadOnlySpan<int> counts = default, ReadOnlySpan<int> receiveCounts = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        (_posting.Call, _posting.Kind, _posting.Activity, _posting.Step, _posting.Data, _posting.Length) = (call, kind, Activity, Step, (nint)data, length);
        (_posting.SameLength, _posting.Exchanges) = (sameLength, receiveCounts.Length > 0);
        Array.Clear(_posting.Counts);
        counts.CopyTo(_posting.Counts);
        receiveCounts.CopyTo(_posting.ReceiveCounts);
        _world.Meet(Rank);
    }

    /// <summary>Arguments that break a rule on one rank: the others hear of it instead of waiting.</summary>
    private void Check(ArgumentException? problem)
    {
        if (problem is not null)
        {
            _world.Fail($"[ranks] rank {Rank} cannot go on: {problem.Message}");
            throw problem;
        }
    }

    private static class Kinds<T>
    {
        public static readonly string Name = typeof(T).Name;

        public static readonly string[] Of = [$"sum of {Name}", $"least of {Name}", $"greatest of {Name}"];
    }
}
