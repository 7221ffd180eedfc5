using BenchmarkDotNet.Attributes;
using MuonSharp.Numerics;

namespace MuonSharp.Benchmarks;

/// <summary>What all benchmarks share: a team of workers, and buffers that are freed with it.</summary>
public abstract class TeamBenchmark
{
    private readonly List<NativeBuffer> _buffers = [];

    /// <summary>Workers.</summary>
    [Params(1, 2)]
    public int Threads { get; set; }

    /// <summary>The workers.</summary>
    protected WorkerTeam Team { get; private set; } = null!;

    /// <summary>Starts the team, then what the benchmark needs.</summary>
    [GlobalSetup]
    public void Start()
    {
        Team = new WorkerTeam(Threads);
        Prepare();
    }

    /// <summary>Frees everything.</summary>
    [GlobalCleanup]
    public virtual void Stop()
    {
        Team.Dispose();
        _buffers.ForEach(buffer => buffer.Dispose());
        _buffers.Clear();
    }

    /// <summary>Allocates and fills.</summary>
    protected abstract void Prepare();

    /// <summary>Normal numbers.</summary>
    protected unsafe float* Normal(long length)
    {
        float* pointer = Zeros(length);
        new RandomStream(1, $"buffer {_buffers.Count}").FillNormal(_buffers[^1].AsSpan(), 0, 0);
        return pointer;
    }

    /// <summary>Zeros.</summary>
    protected unsafe float* Zeros(long length)
    {
        _buffers.Add(new NativeBuffer(length));
        return _buffers[^1].Pointer;
    }
}
