namespace MuonSharp.Distributed;

/// <summary>Where threads meet: each leaves what it has come with, waits for all, reads what the others have left, and waits until all have read.</summary>
/// <remarks>The last to come compares what all have come with before anybody reads: two lengths that do not fit end all ranks, and nobody reads beyond an end.</remarks>
internal sealed class ThreadWorld(int size)
{
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim[] _turns = [.. Enumerable.Range(0, size).Select(static _ => new SemaphoreSlim(0))];
    private int _arrived;
    private long _meetings;
    private CollectiveException? _failure;

    public int Size => size;

    /// <summary>What each rank has come with.</summary>
    public ThreadPosting[] Postings { get; } = [.. Enumerable.Range(0, size).Select(_ => new ThreadPosting(size))];

    /// <summary>Waits for all.</summary>
    /// <exception cref="CollectiveException">They have come for different things, or a rank has left.</exception>
    public void Meet(int rank)
    {
        long before;
        lock (_lock)
        {
            ThrowIfFailed();
            before = _meetings;
            if (++_arrived == size)
            {
                _arrived = 0;
                if (Difference(rank) is { } difference)
                {
                    Fail($"[ranks] {difference}{CollectiveRules.At(", at ", Postings[rank].Activity, Postings[rank].Step)}");
                    ThrowIfFailed();
                }

                _meetings++;
                foreach (SemaphoreSlim turn in _turns)
                {
                    turn.Release();
                }
            }
        }

        _turns[rank].Wait();
        lock (_lock)
        {
            // A rank that has left since then does not undo what all came for.
            if (_meetings == before)
            {
                // Another thread of this rank, which should not be here, waits no longer either.
                _turns[rank].Release();
                ThrowIfFailed();
            }
        }
    }

    /// <summary>Ends all ranks that wait now or later.</summary>
    public void Fail(string message)
    {
        lock (_lock)
        {
            if (_failure is null)
            {
                _failure = new CollectiveException(message);
                foreach (SemaphoreSlim turn in _turns)
                {
                    turn.Release();
                }
            }
        }
    }

    private string? Difference(int rank)
    {
        ThreadPosting own = Postings[rank];
        for (int other = 0; other < size; other++)
        {
            ThreadPosting theirs = Postings[other];
            if (theirs.Call != own.Call || theirs.Kind != own.Kind)
            {
                return $"all ranks make the same calls; rank {rank} came for {own}, rank {other} for {theirs}";
            }

            if (own.SameLength && theirs.Length != own.Length)
            {
                return $"all ranks bring as much to one {own.Call}; rank {rank} came with {own.Length}, rank {other} with {theirs.Length}";
            }

            for (int third = 0; third < size; third++)
            {
                (int sent, int expected) = own.Exchanges ? (theirs.Counts[third], Postings[third].ReceiveCounts[other]) : (theirs.Counts[third], own.Counts[third]);
                if (sent != expected)
                {
                    return own.Exchanges
                        ? $"what a rank sends is what the other expects; rank {other} sends {sent} to rank {third}, which expects {expected}"
                        : $"all ranks give the same counts; for rank {third} rank {rank} says {expected}, rank {other} {sent}";
                }
            }
        }

        return null;
    }

    private void ThrowIfFailed()
    {
        if (_failure is not null)
        {
            throw new CollectiveException(_failure.Message, _failure);
        }
    }
}

/// <summary>What one rank comes to a meeting with.</summary>
internal sealed class ThreadPosting(int size)
{
    public string Call { get; set; } = string.Empty;

    /// <summary>What else must be equal: the root, or the operation and the type of its numbers.</summary>
    public string Kind { get; set; } = string.Empty;

    public string Activity { get; set; } = string.Empty;

    public long Step { get; set; }

    /// <summary>The first element of its data.</summary>
    public nint Data { get; set; }

    /// <summary>Number of elements there.</summary>
    public int Length { get; set; }

    /// <summary>Whether all must have the same length.</summary>
    public bool SameLength { get; set; }

    /// <summary>Whether counts are of what goes from each rank to each other, not of one cut that all share.</summary>
    public bool Exchanges { get; set; }

    /// <summary>Its counts; 0 where the call has none.</summary>
    public int[] Counts { get; } = new int[size];

    /// <summary>What it expects of each rank.</summary>
    public int[] ReceiveCounts { get; } = new int[size];

    public override string ToString() => Kind.Length > 0 ? $"{Call} ({Kind})" : Call;
}
