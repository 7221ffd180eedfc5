using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>The one native block that holds every activation, gradient and scratch buffer of a tape.</summary>
/// <remarks>Allocated once when the tape is compiled. Its memory counts in <see cref="NativeBuffer.LiveBytes"/> until it is disposed.</remarks>
public sealed unsafe class StepArena : IDisposable
{
    private readonly NativeBuffer _memory;

    /// <summary>Allocates the arena and tells each buffer its address.</summary>
    /// <param name="plan">Offsets and total length.</param>
    /// <exception cref="OutOfMemoryException">The system refuses the memory.</exception>
    public StepArena(MemoryPlan plan)
    {
        Plan = plan;
        _memory = new NativeBuffer(plan.ArenaLength);
        foreach (var buffer in plan.Buffers)
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
        foreach (var buffer in Plan.Buffers)
        {
            buffer.Bind(null);
        }

        _memory.Dispose();
    }
}
