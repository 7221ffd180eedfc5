namespace MuonSharp.Nn;

/// <summary>Where each buffer of a tape lies in one arena, such that buffers alive at the same time never overlap.</summary>
/// <remarks>Greedy best fit: the largest buffer first, each into the smallest gap that the buffers alive with it leave, else behind
/// them. Deterministic: ties go by first use, then by order of declaration. Time O(n²) for n buffers, once per tape.</remarks>
public sealed class MemoryPlan
{
    /// <summary>Buffers start on multiples of this many floats: a cache line.</summary>
    public const int Alignment = 16;

    private MemoryPlan(IReadOnlyList<StepBuffer> buffers, long arenaLength)
    {
        Buffers = buffers;
        ArenaLength = arenaLength;
        TotalLength = buffers.Sum(buffer => Align(buffer.Length));
        BusiestLength = Busiest(buffers);
        NeededLength = Busiest(buffers.Where(buffer => buffer.IsNeeded));
    }

    /// <summary>The buffers in use, in the order they were placed.</summary>
    public IReadOnlyList<StepBuffer> Buffers { get; }

    /// <summary>Floats that the arena needs.</summary>
    public long ArenaLength { get; }

    /// <summary>Floats that the buffers would need without sharing.</summary>
    public long TotalLength { get; }

    /// <summary>Floats alive at the busiest time: no plan can do with less.</summary>
    public long BusiestLength { get; }

    /// <summary>Of the buffers that the backward run needs (<see cref="StepBuffer.IsNeeded"/>), floats alive at the busiest time.</summary>
    public long NeededLength { get; }

    /// <summary>Gives each buffer that is used its offset.</summary>
    /// <param name="buffers">Buffers with their lifetimes.</param>
    /// <returns>The plan.</returns>
    public static MemoryPlan Arrange(IEnumerable<StepBuffer> buffers)
    {
        var order = buffers.Where(buffer => buffer.IsUsed)
            .OrderByDescending(buffer => buffer.Length)
            .ThenBy(buffer => buffer.FirstUse)
            .ToList();
        var placed = new List<StepBuffer>(order.Count);
        var end = 0L;
        foreach (var buffer in order)
        {
            buffer.Offset = BestOffset(buffer, placed);
            end = Math.Max(end, buffer.Offset + Align(buffer.Length));
            var at = placed.FindIndex(other => other.Offset > buffer.Offset);
            placed.Insert(at < 0 ? placed.Count : at, buffer);
        }

        return new MemoryPlan(order, end);
    }

    /// <summary>Rounds a length up to whole cache lines.</summary>
    /// <param name="length">Number of floats.</param>
    /// <returns>The next multiple of <see cref="Alignment"/>.</returns>
    public static long Align(long length) => (length + Alignment - 1) / Alignment * Alignment;

    private static long Busiest(IEnumerable<StepBuffer> buffers)
    {
        SortedDictionary<int, long> changes = [];
        foreach (var buffer in buffers)
        {
            foreach (var life in buffer.Lives)
            {
                changes[life.First] = changes.GetValueOrDefault(life.First) + Align(buffer.Length);
                changes[life.Last + 1] = changes.GetValueOrDefault(life.Last + 1) - Align(buffer.Length);
            }
        }

        var (alive, most) = (0L, 0L);
        foreach (var change in changes.Values)
        {
            most = Math.Max(most, alive += change);
        }

        return most;
    }

    private static long BestOffset(StepBuffer buffer, List<StepBuffer> placedByOffset)
    {
        var need = Align(buffer.Length);
        var best = -1L;
        var bestGap = long.MaxValue;
        var free = 0L;
        foreach (var other in placedByOffset)
        {
            if (!other.LivesWith(buffer))
            {
                continue;
            }

            var gap = other.Offset - free;
            if (gap >= need && gap < bestGap)
            {
                (best, bestGap) = (free, gap);
            }

            free = Math.Max(free, other.Offset + Align(other.Length));
        }

        return best >= 0 ? best : free;
    }
}
