namespace MuonSharp.Nn;

/// <summary>Which stretches of an arena are taken at which times, and where the best gap for a lifetime is.</summary>
/// <remarks>A segment tree over time. A node knows the space of the buffers that live through all of it, and the space of all that were put at or below it;
/// both are few ranges, since buffers lie close together. So one question costs O(log² n) for usual plans, where a walk over all buffers costs O(n).</remarks>
internal sealed class OccupiedSpace
{
    private readonly int _size;
    private readonly RangeSet?[] _throughout;
    private readonly RangeSet?[] _below;
    private readonly int[] _asked;
    private long[] _starts = new long[64];
    private long[] _ends = new long[64];
    private int _count;
    private int _question;

    /// <summary>All is free.</summary>
    /// <param name="times">Number of times: lifetimes are from -1 to times - 2.</param>
    public OccupiedSpace(int times)
    {
        _size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)times);
        (_throughout, _below, _asked) = (new RangeSet?[2 * _size], new RangeSet?[2 * _size], new int[2 * _size]);
    }

    /// <summary>Takes space.</summary>
    /// <param name="life">When.</param>
    /// <param name="start">First float.</param>
    /// <param name="end">The float behind the last.</param>
    public void Take(Lifetime life, long start, long end)
    {
        (int left, int right) = Leaves(life);
        for (; left < right; left >>= 1, right >>= 1)
        {
            if ((left & 1) != 0)
            {
                TakeNode(left++, start, end);
            }

            if ((right & 1) != 0)
            {
                TakeNode(--right, start, end);
            }
        }
    }

    /// <summary>The start of the smallest gap that fits, the first of equal ones; else the end of all that is taken.</summary>
    /// <param name="lives">When the space has to be free.</param>
    /// <param name="need">Number of floats.</param>
    public long BestGap(IReadOnlyList<Lifetime> lives, long need)
    {
        _count = 0;
        _question++;
        foreach (Lifetime life in lives)
        {
            Collect(life);
        }

        Array.Sort(_starts, _ends, 0, _count);
        (long best, long bestGap, long free) = (-1L, long.MaxValue, 0L);
        for (int i = 0; i < _count; i++)
        {
            long gap = _starts[i] - free;
            if (gap >= need && gap < bestGap)
            {
                (best, bestGap) = (free, gap);
            }

            free = Math.Max(free, _ends[i]);
        }

        return best >= 0 ? best : free;
    }

    private (int Left, int Right) Leaves(Lifetime life) => (life.First + 1 + _size, life.Last + 2 + _size);

    private void TakeNode(int node, long start, long end)
    {
        (_throughout[node] ??= new RangeSet()).Add(start, end);
        for (int at = node; at >= 1; at >>= 1)
        {
            if (!(_below[at] ??= new RangeSet()).Add(start, end))
            {
                return;
            }
        }
    }

    private void Collect(Lifetime life)
    {
        (int left, int right) = Leaves(life);
        for (; left < right; left >>= 1, right >>= 1)
        {
            if ((left & 1) != 0)
            {
                CollectNode(left++);
            }

            if ((right & 1) != 0)
            {
                CollectNode(--right);
            }
        }
    }

    /// <summary>What was put at or below a node, and what lives through one of those above it.</summary>
    private void CollectNode(int node)
    {
        Collect(_below[node]);
        for (int at = node >> 1; at >= 1 && _asked[at] != _question; at >>= 1)
        {
            _asked[at] = _question;
            Collect(_throughout[at]);
        }
    }

    private void Collect(RangeSet? ranges)
    {
        if (ranges is null)
        {
            return;
        }

        while (_count + ranges.Count > _starts.Length)
        {
            Array.Resize(ref _starts, 2 * _starts.Length);
            Array.Resize(ref _ends, 2 * _ends.Length);
        }

        ranges.CopyTo(_starts, _ends, _count);
        _count += ranges.Count;
    }
}

/// <summary>A union of ranges: ascending, apart from each other.</summary>
internal sealed class RangeSet
{
    private readonly List<long> _starts = [];
    private readonly List<long> _ends = [];

    /// <summary>Number of ranges.</summary>
    public int Count => _starts.Count;

    /// <summary>Adds a range; ranges that touch become one.</summary>
    /// <param name="start">The first.</param>
    /// <param name="end">Behind the last.</param>
    /// <returns>Whether anything of it was missing.</returns>
    public bool Add(long start, long end)
    {
        int from = Position(_ends, start);
        if (from < Count && _starts[from] <= start && _ends[from] >= end)
        {
            return false;
        }

        int to = from;
        while (to < Count && _starts[to] <= end)
        {
            (start, end) = (Math.Min(start, _starts[to]), Math.Max(end, _ends[to]));
            to++;
        }

        if (from == to)
        {
            _starts.Insert(from, start);
            _ends.Insert(from, end);
            return true;
        }

        (_starts[from], _ends[from]) = (start, end);
        _starts.RemoveRange(from + 1, to - from - 1);
        _ends.RemoveRange(from + 1, to - from - 1);
        return true;
    }

    /// <summary>Copies the ranges.</summary>
    /// <param name="starts">Takes the starts.</param>
    /// <param name="ends">Takes the ends.</param>
    /// <param name="at">Where to begin in both.</param>
    public void CopyTo(long[] starts, long[] ends, int at)
    {
        _starts.CopyTo(starts, at);
        _ends.CopyTo(ends, at);
    }

    /// <summary>The first place in an ascending list whose value is not below.</summary>
    private static int Position(List<long> list, long value)
    {
        int at = list.BinarySearch(value);
        return at < 0 ? ~at : at;
    }
}
