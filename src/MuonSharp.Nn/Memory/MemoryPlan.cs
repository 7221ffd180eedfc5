using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Where each buffer of a tape lies in one arena, such that buffers alive at the same time never overlap.</summary>
/// <remarks>Greedy best fit: the largest buffer first, each into the smallest gap that the buffers alive with it leave, else behind
/// them. Deterministic: ties go by first use, then by order of declaration. Time O(n log² n) for n buffers of a usual plan, once per tape.</remarks>
public sealed class MemoryPlan
{
    /// <summary>Buffers start on multiples of this many floats: a cache line.</summary>
    public const int Alignment = 16;

    private MemoryPlan(IReadOnlyList<TapeBuffer> buffers, long arenaLength)
    {
        Buffers = buffers;
        ArenaLength = arenaLength;
        TotalLength = buffers.Sum(buffer => Align(buffer.Length));
        BusiestLength = Busiest(buffers);
        NeededLength = Busiest(buffers.Where(buffer => buffer.IsNeeded));
    }

    /// <summary>The buffers in use, in the order they were placed.</summary>
    public IReadOnlyList<TapeBuffer> Buffers { get; }

    /// <summary>Floats that the arena needs.</summary>
    public long ArenaLength { get; }

    /// <summary>Floats that the buffers would need without sharing.</summary>
    public long TotalLength { get; }

    /// <summary>Floats alive at the busiest time: no plan can do with less.</summary>
    public long BusiestLength { get; }

    /// <summary>Of the buffers that the backward run needs (<see cref="TapeBuffer.IsNeeded"/>), floats alive at the busiest time.</summary>
    public long NeededLength { get; }

    /// <summary>Gives each buffer that is used its offset.</summary>
    /// <param name="buffers">Buffers with their lifetimes.</param>
    /// <returns>The plan.</returns>
    internal static MemoryPlan Arrange(IEnumerable<TapeBuffer> buffers)
    {
        var order = buffers.Where(buffer => buffer.IsUsed)
            .OrderByDescending(buffer => buffer.Length)
            .ThenBy(buffer => buffer.FirstUse)
            .ToList();
        var space = new OccupiedSpace(order.Count == 0 ? 1 : order.Max(buffer => buffer.LastUse) + 2);
        long end = 0L;
        foreach (TapeBuffer buffer in order.Where(buffer => buffer.Length > 0))
        {
            long length = Align(buffer.Length);
            buffer.Offset = space.BestGap(buffer.Lives, length);
            end = Math.Max(end, buffer.Offset + length);
            foreach (Lifetime life in buffer.Lives)
            {
                space.Take(life, buffer.Offset, buffer.Offset + length);
            }
        }

        return new MemoryPlan(order, end);
    }

    /// <summary>Gives each buffer that is used memory of its own, with room behind it.</summary>
    /// <param name="buffers">Buffers with their lifetimes.</param>
    /// <param name="room">Floats behind each, at least; a multiple of <see cref="Alignment"/>.</param>
    /// <returns>The plan.</returns>
    internal static MemoryPlan Apart(IEnumerable<TapeBuffer> buffers, int room)
    {
        var order = buffers.Where(buffer => buffer.IsUsed).ToList();
        long end = 0L;
        foreach (TapeBuffer buffer in order)
        {
            buffer.Offset = end;
            end += Align(buffer.Length) + room;
        }

        return new MemoryPlan(order, end);
    }

    /// <summary>Rounds a length up to whole cache lines.</summary>
    /// <param name="length">Number of floats.</param>
    /// <returns>The next multiple of <see cref="Alignment"/>.</returns>
    public static long Align(long length) => (length + Alignment - 1) / Alignment * Alignment;

    private static long Busiest(IEnumerable<TapeBuffer> buffers)
    {
        SortedDictionary<int, long> changes = [];
        foreach (TapeBuffer buffer in buffers)
        {
            foreach (Lifetime life in buffer.Lives)
            {
                changes[life.First] = changes.GetValueOrDefault(life.First) + Align(buffer.Length);
                changes[life.Last + 1] = changes.GetValueOrDefault(life.Last + 1) - Align(buffer.Length);
            }
        }

        (long alive, long most) = (0L, 0L);
        foreach (long change in changes.Values)
        {
            most = Math.Max(most, alive += change);
        }

        return most;
    }
}

/// <summary>The one native block that holds every activation, gradient and scratch buffer of a tape.</summary>
/// <remarks>Allocated once when the tape is compiled. Its memory counts in <see cref="NativeBuffer.LiveBytes"/> until it is disposed.</remarks>
internal sealed unsafe class TapeArena : IDisposable
{
    private readonly NativeBuffer _memory;

    /// <summary>Allocates the arena and tells each buffer its address.</summary>
    /// <param name="plan">Offsets and total length.</param>
    /// <exception cref="OutOfMemoryException">The system refuses the memory.</exception>
    public TapeArena(MemoryPlan plan)
    {
        Plan = plan;
        _memory = new NativeBuffer(plan.ArenaLength);
        foreach (TapeBuffer buffer in plan.Buffers)
        {
            buffer.Bind(_memory.Pointer);
        }
    }

    /// <summary>What lies where.</summary>
    public MemoryPlan Plan { get; }

    /// <summary>Size in bytes.</summary>
    public long Bytes => _memory.Length * sizeof(float);

    /// <summary>Frees the memory; the buffers' addresses become null.</summary>
    public void Dispose()
    {
        foreach (TapeBuffer buffer in Plan.Buffers)
        {
            buffer.Bind(null);
        }

        _memory.Dispose();
    }
}
