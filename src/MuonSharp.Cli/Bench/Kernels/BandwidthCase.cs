using MuonSharp.Numerics;

namespace MuonSharp.Cli.Bench;

/// <summary>Memory that no cache holds, read or written once a call.</summary>
internal sealed unsafe class BandwidthCase : BenchCase
{
    /// <summary>Pieces of an array: 256 MiB, several times the largest cache of a server's processor per array.</summary>
    private const int Pieces = 256;

    private readonly WorkerTeam _team;
    private BandwidthJob _job;

    public BandwidthCase(string name, WorkerTeam team, BandwidthKind kind)
        : this(name, team, kind, [.. Enumerable.Range(0, (int)kind + 1).Select(_ => new NativeBuffer((long)Pieces * BandwidthJob.Piece))])
    {
    }

    private BandwidthCase(string name, WorkerTeam team, BandwidthKind kind, NativeBuffer[] arrays)
        : base(name, arrays)
    {
        _team = team;
        _job = new BandwidthJob { Kind = kind, X = arrays[0].Pointer, Y = arrays[Math.Min(1, arrays.Length - 1)].Pointer, Z = arrays[^1].Pointer };
        Bytes = (double)sizeof(float) * arrays.Length * Pieces * BandwidthJob.Piece;
    }

    /// <inheritdoc/>
    public override double Bytes { get; }

    /// <inheritdoc/>
    public override void Run() => _team.Run(Pieces, ref _job);
}
