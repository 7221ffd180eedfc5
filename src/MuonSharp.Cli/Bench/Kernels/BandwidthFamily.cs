using System.Numerics;
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

/// <summary>Memory bandwidth.</summary>
internal sealed class BandwidthFamily() : BenchFamily(
    "bandwidth",
    "bandwidth-read, bandwidth-copy, bandwidth-triad",
    "arrays of 256 MiB: sum of x; y = x; z = x + s y; what the program reads and writes is counted",
    [.. s_kinds.Keys])
{
    private static readonly Dictionary<string, BandwidthKind> s_kinds = new(StringComparer.Ordinal)
    {
        ["bandwidth-read"] = BandwidthKind.Read,
        ["bandwidth-copy"] = BandwidthKind.Copy,
        ["bandwidth-triad"] = BandwidthKind.Triad,
    };

    /// <inheritdoc/>
    public override Func<BenchContext, BenchCase>? Find(string name) =>
        s_kinds.TryGetValue(name, out BandwidthKind kind) ? context => new BandwidthCase(name, context.Team, kind) : null;

    /// <inheritdoc/>
    public override string Rule(string name) => $"what is measured must be one of {string.Join(", ", s_kinds.Keys.Select(kind => kind[(Name.Length + 1)..]))}";
}

/// <summary>A task is a piece of the arrays.</summary>
internal unsafe struct BandwidthJob : ITeamJob
{
    /// <summary>Floats of a piece: 1 MiB.</summary>
    public const int Piece = 1 << 18;

    public BandwidthKind Kind;
    public float* X;
    public float* Y;
    public float* Z;

    /// <summary>What came out of reading: of no use but to be needed.</summary>
    public float Sum;

    /// <inheritdoc/>
    public void Run(int task, int worker)
    {
        long offset = (long)task * Piece;
        switch (Kind)
        {
            case BandwidthKind.Read:
                Read(X + offset);
                break;
            case BandwidthKind.Copy:
                new ReadOnlySpan<float>(X + offset, Piece).CopyTo(new Span<float>(Y + offset, Piece));
                break;
            default:
                Triad(X + offset, Y + offset, Z + offset);
                break;
        }
    }

    private void Read(float* x)
    {
        Vector<float> a = default, b = default, c = default, d = default;
        int lanes = Vector<float>.Count;
        for (int i = 0; i < Piece; i += 4 * lanes)
        {
            a += Vector.Load(x + i);
            b += Vector.Load(x + i + lanes);
            c += Vector.Load(x + i + (2 * lanes));
            d += Vector.Load(x + i + (3 * lanes));
        }

        float sum = Vector.Sum(a + b + c + d);
        if (float.IsNaN(sum))
        {
            Sum = sum;
        }
    }

    private static void Triad(float* x, float* y, float* z)
    {
        var factor = new Vector<float>(0.5f);
        for (int i = 0; i < Piece; i += Vector<float>.Count)
        {
            (Vector.Load(x + i) + (factor * Vector.Load(y + i))).Store(z + i);
        }
    }
}

/// <summary>What is done to memory that no cache holds.</summary>
internal enum BandwidthKind
{
    /// <summary>The sum of an array.</summary>
    Read,

    /// <summary>y = x.</summary>
    Copy,

    /// <summary>z = x + s y.</summary>
    Triad,
}
