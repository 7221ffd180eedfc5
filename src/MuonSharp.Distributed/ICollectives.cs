namespace MuonSharp.Distributed;

/// <summary>What processes that work together (ranks) tell each other. It moves numbers and knows nothing of what they mean.</summary>
/// <remarks>
/// <para>Every call waits until it is done; all ranks make the same calls in the same order. One thread at a time calls.</para>
/// <para>Engines: <see cref="SingleProcess"/>, <see cref="ThreadCollectives"/> (ranks are threads of one process), <see cref="MpiCollectives"/>.</para>
/// </remarks>
public interface ICollectives : IDisposable
{
    /// <summary>This process's number, from 0.</summary>
    int Rank { get; }

    /// <summary>Number of ranks.</summary>
    int Size { get; }

    /// <summary>What moves the numbers: <c>single process</c>, <c>threads</c>, <c>Open MPI v4.1.4</c>.</summary>
    string Engine { get; }

    /// <summary>What the caller is doing, such as <c>a checkpoint</c>: named in errors. At first empty.</summary>
    string Activity { get; set; }

    /// <summary>The step that the caller is at: named in errors after what it is doing. 0, as at first, for none.</summary>
    long Step { get; set; }

    /// <summary>Bytes that this rank has handed to others so far, by the least that an algorithm must send: what the counts say, to each rank once; a reduction of n bytes counts 2 n (N - 1) / N.</summary>
    long BytesSent { get; }

    /// <summary>Waits for all ranks.</summary>
    void Barrier();

    /// <summary>Gives all ranks the bytes of one.</summary>
    /// <param name="data">The bytes at the root; of equal length everywhere.</param>
    /// <param name="root">The rank that has them.</param>
    void Broadcast(Span<byte> data, int root);

    /// <summary>Gives all ranks the sum, the least or the greatest of each number.</summary>
    /// <param name="data">Numbers, as many at each rank; in place.</param>
    /// <param name="operation">Which.</param>
    void AllReduce(Span<long> data, Reduction operation);

    /// <inheritdoc cref="AllReduce(Span{long}, Reduction)"/>
    void AllReduce(Span<double> data, Reduction operation);

    /// <inheritdoc cref="AllReduce(Span{long}, Reduction)"/>
    /// <remarks>In which order sums are made is the engine's choice.</remarks>
    void AllReduce(Span<float> data, Reduction operation);

    /// <summary>Gives every rank its part of the sums. In which order they are made is the engine's choice.</summary>
    /// <param name="data">All parts, rank after rank.</param>
    /// <param name="counts">Length of each rank's part.</param>
    /// <param name="result">This rank's part, of its length.</param>
    void ReduceScatter(ReadOnlySpan<float> data, ReadOnlySpan<int> counts, Span<float> result);

    /// <summary>Gives all ranks the parts of all.</summary>
    /// <param name="data">All parts, rank after rank; this rank's is there, the others are filled in.</param>
    /// <param name="counts">Length of each rank's part.</param>
    void AllGather(Span<float> data, ReadOnlySpan<int> counts);

    /// <inheritdoc cref="AllGather(Span{float}, ReadOnlySpan{int})"/>
    void AllGather(Span<byte> data, ReadOnlySpan<int> counts);

    /// <summary>Gives every rank something else of each.</summary>
    /// <param name="send">What goes to each rank, rank after rank.</param>
    /// <param name="sendCounts">Its lengths.</param>
    /// <param name="receive">What comes from each rank, rank after rank.</param>
    /// <param name="receiveCounts">Its lengths: what each rank sends to this one.</param>
    void AllToAll(ReadOnlySpan<float> send, ReadOnlySpan<int> sendCounts, Span<float> receive, ReadOnlySpan<int> receiveCounts);

    /// <summary>Ends all ranks, because one cannot go on.</summary>
    /// <param name="reason">One line for people.</param>
    /// <param name="exitCode">What the processes end with.</param>
    void Abort(string reason, int exitCode);
}

/// <summary>What becomes of numbers of several ranks.</summary>
public enum Reduction
{
    /// <summary>Their sum.</summary>
    Sum,

    /// <summary>The least.</summary>
    Min,

    /// <summary>The greatest.</summary>
    Max,
}

/// <summary>Ranks cannot go on together: one is gone, does not answer, or does something else.</summary>
public sealed class CollectiveException : Exception
{
    /// <summary>An error of the ranks.</summary>
    /// <param name="message">One line.</param>
    public CollectiveException(string message)
        : base(message)
    {
    }

    /// <summary>An error of the ranks that another one caused.</summary>
    /// <param name="message">One line.</param>
    /// <param name="inner">The cause.</param>
    public CollectiveException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Whether it is another rank that cannot go on, which says why itself.</summary>
    public bool IsOfAnotherRank { get; init; }
}
