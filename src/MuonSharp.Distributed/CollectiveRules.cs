namespace MuonSharp.Distributed;

/// <summary>What must hold of the arguments of a collective, on every rank alone: a library that is called with less may end the process.</summary>
/// <remarks>Each rule gives the error where it is broken, else null: a rank of several tells the others before it throws.</remarks>
internal static class CollectiveRules
{
    public static void Throw(ArgumentException? problem)
    {
        if (problem is not null)
        {
            throw problem;
        }
    }

    /// <summary>What a rank is doing, as messages end: empty, or with the words before it.</summary>
    public static string At(string before, string activity, long step) => (activity.Length > 0, step > 0) switch
    {
        (false, false) => string.Empty,
        (true, false) => $"{before}{activity}",
        (false, true) => FormattableString.Invariant($"{before}step {step}"),
        _ => FormattableString.Invariant($"{before}{activity} after step {step}"),
    };

    public static ArgumentException? Broadcast(int root, int size) =>
        (uint)root < (uint)size ? null : new ArgumentOutOfRangeException(nameof(root), $"[broadcast] the root is a rank, 0 to {size - 1}; {root} came");

    public static ArgumentException? AllReduce(Reduction operation) => operation is Reduction.Sum or Reduction.Min or Reduction.Max
        ? null
        : new ArgumentOutOfRangeException(nameof(operation), $"[all-reduce] the operation is Sum, Min or Max; {operation} came");

    public static ArgumentException? ReduceScatter(int data, ReadOnlySpan<int> counts, int result, int rank, int size)
    {
        const string Call = "reduce-scatter";
        return Total(Call, "the data", counts, size, data) ?? Length(Call, "the result", counts[rank], result);
    }

    public static ArgumentException? AllGather(int data, ReadOnlySpan<int> counts, int size) => Total("all-gather", "the data", counts, size, data);

    public static ArgumentException? AllToAll(int send, ReadOnlySpan<int> sendCounts, int receive, ReadOnlySpan<int> receiveCounts, int rank, int size)
    {
        const string Call = "all-to-all";
        return Total(Call, "what is sent", sendCounts, size, send)
            ?? Total(Call, "what is received", receiveCounts, size, receive)
            ?? Length(Call, "what a rank expects of itself", sendCounts[rank], receiveCounts[rank]);
    }

    /// <summary>Where a rank's part begins.</summary>
    public static int Start(ReadOnlySpan<int> counts, int rank)
    {
        int start = 0;
        foreach (int count in counts[..rank])
        {
            start += count;
        }

        return start;
    }

    private static ArgumentException? Total(string call, string what, ReadOnlySpan<int> counts, int size, int came)
    {
        if (counts.Length != size)
        {
            return new ArgumentException($"[{call}] there is a count for each of {size} ranks; {counts.Length} came");
        }

        long total = 0;
        foreach (int count in counts)
        {
            if (count < 0)
            {
                return new ArgumentException($"[{call}] counts are 0 or more; {count} came");
            }

            total += count;
        }

        return Length(call, what, total, came);
    }

    private static ArgumentException? Length(string call, string what, long expected, int came) =>
        expected == came ? null : new ArgumentException($"[{call}] {what} must have the {expected} elements that the counts say; {came} came");
}
