using System.Diagnostics;
using MuonSharp.Distributed;
using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>One rank's part in an optimizer that several ranks share: what it owns, and how weights and sums come to all.</summary>
internal sealed unsafe class RankShare : IDisposable
{
    private readonly Bucket[] _buckets;
    private readonly NativeBuffer _values;

    /// <summary>A share of the parameters of some groups.</summary>
    public RankShare(IReadOnlyList<ParameterGroup> groups, ICollectives collectives)
    {
        Collectives = collectives;
        Ownership = Ownership.Of(groups, collectives.Size);
        _buckets = [.. Bucket.Cut(groups.SelectMany(static group => group.Parameters), Ownership, Bucket.LengthFor(collectives.Size))];
        _values = new NativeBuffer(_buckets.Max(static bucket => bucket.Length));
    }

    public ICollectives Collectives { get; }

    public Ownership Ownership { get; }

    /// <summary>How long bringing weights to all ranks has taken so far.</summary>
    public TimeSpan Gathered { get; private set; }

    /// <summary>Bytes of weights on their way.</summary>
    public long Bytes => _values.Length * sizeof(float);

    /// <summary>A share where there is something to share.</summary>
    public static RankShare? Of(IReadOnlyList<ParameterGroup> groups, ICollectives? collectives) =>
        collectives is { Size: > 1 } several ? new RankShare(groups, several) : null;

    /// <summary>What this rank owns of a parameter.</summary>
    public OwnedRange RangeOf(Parameter parameter) => Ownership.RangeOf(parameter, Collectives.Rank);

    /// <summary>Adds up numbers of which each is 0 on all ranks but one: exact in any order.</summary>
    public void Join(Span<double> values) => Collectives.AllReduce(values, Reduction.Sum);

    /// <summary>Brings the weights that each rank has updated to all.</summary>
    public void GatherWeights()
    {
        long start = Stopwatch.GetTimestamp();
        foreach (Bucket bucket in _buckets)
        {
            float* own = _values.Pointer + bucket.StartOf(Collectives.Rank);
            foreach (Segment segment in bucket.Segments[Collectives.Rank])
            {
                new Span<float>(segment.Parameter.Weights.Address + segment.Start, segment.Length).CopyTo(new Span<float>(own, segment.Length));
                own += segment.Length;
            }

            Collectives.AllGather(new Span<float>(_values.Pointer, bucket.Length), bucket.Counts);
            float* from = _values.Pointer;
            for (int rank = 0; rank < Collectives.Size; rank++)
            {
                foreach (Segment segment in bucket.Segments[rank])
                {
                    if (rank != Collectives.Rank)
                    {
                        new Span<float>(from, segment.Length).CopyTo(new Span<float>(segment.Parameter.Weights.Address + segment.Start, segment.Length));
                    }

                    from += segment.Length;
                }
            }
        }

        Gathered += Stopwatch.GetElapsedTime(start);
    }

    public void Dispose() => _values.Dispose();
}
