using System.Numerics;
using MuonSharp.Numerics;

namespace MuonSharp.Cli.Bench;

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
        var offset = (long)task * Piece;
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
        var lanes = Vector<float>.Count;
        for (var i = 0; i < Piece; i += 4 * lanes)
        {
            a += Vector.Load(x + i);
            b += Vector.Load(x + i + lanes);
            c += Vector.Load(x + i + (2 * lanes));
            d += Vector.Load(x + i + (3 * lanes));
        }

        var sum = Vector.Sum(a + b + c + d);
        if (float.IsNaN(sum))
        {
            Sum = sum;
        }
    }

    private static void Triad(float* x, float* y, float* z)
    {
        var factor = new Vector<float>(0.5f);
        for (var i = 0; i < Piece; i += Vector<float>.Count)
        {
            (Vector.Load(x + i) + (factor * Vector.Load(y + i))).Store(z + i);
        }
    }
}
