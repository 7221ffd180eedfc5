namespace MuonSharp.Distributed;

/// <summary>The only rank: everything is there already.</summary>
public sealed class SingleProcess : ICollectives
{
    /// <inheritdoc/>
    public int Rank => 0;

    /// <inheritdoc/>
    public int Size => 1;

    /// <inheritdoc/>
    public string Engine => "single process";

    /// <inheritdoc/>
    public string Activity { get; set; } = string.Empty;

    /// <inheritdoc/>
    public long Step { get; set; }

    /// <inheritdoc/>
    public long BytesSent => 0;

    /// <inheritdoc/>
    public void Barrier()
    {
    }

    /// <inheritdoc/>
    public void Broadcast(Span<byte> data, int root) => CollectiveRules.Throw(CollectiveRules.Broadcast(root, 1));

    /// <inheritdoc/>
    public void AllReduce(Span<long> data, Reduction operation) => CollectiveRules.Throw(CollectiveRules.AllReduce(operation));

    /// <inheritdoc/>
    public void AllReduce(Span<double> data, Reduction operation) => CollectiveRules.Throw(CollectiveRules.AllReduce(operation));

    /// <inheritdoc/>
    public void AllReduce(Span<float> data, Reduction operation) => CollectiveRules.Throw(CollectiveRules.AllReduce(operation));

    /// <inheritdoc/>
    public void ReduceScatter(ReadOnlySpan<float> data, ReadOnlySpan<int> counts, Span<float> result)
    {
        CollectiveRules.Throw(CollectiveRules.ReduceScatter(data.Length, counts, result.Length, 0, 1));
        data.CopyTo(result);
    }

    /// <inheritdoc/>
    public void AllGather(Span<float> data, ReadOnlySpan<int> counts) => CollectiveRules.Throw(CollectiveRules.AllGather(data.Length, counts, 1));

    /// <inheritdoc/>
    public void AllGather(Span<byte> data, ReadOnlySpan<int> counts) => CollectiveRules.Throw(CollectiveRules.AllGather(data.Length, counts, 1));

    /// <inheritdoc/>
    public void AllToAll(ReadOnlySpan<float> send, ReadOnlySpan<int> sendCounts, Span<float> receive, ReadOnlySpan<int> receiveCounts)
    {
        CollectiveRules.Throw(CollectiveRules.AllToAll(send.Length, sendCounts, receive.Length, receiveCounts, 0, 1));
        send.CopyTo(receive);
    }

    /// <inheritdoc/>
    public void Abort(string reason, int exitCode)
    {
        Console.Error.WriteLine(reason);
        Environment.Exit(exitCode);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
