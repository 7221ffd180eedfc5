using System.Collections.Immutable;

namespace MuonSharp.Optimizers;

/// <summary>Parameters that are exchanged in one piece, and which parts of them belong to which rank.</summary>
/// <remarks>A bucket holds whole parameters, in order, until it has the given number of elements, so that most ranks own something of it; of a longer parameter at most <see cref="LongestPart"/>
/// elements a bucket.</remarks>
internal sealed class Bucket
{
    /// <summary>Elements of a parameter in one bucket at most: 64 MiB.</summary>
    private const int LongestPart = 1 << 24;

    private Bucket(ImmutableArray<ImmutableArray<Segment>> segments)
    {
        Segments = segments;
        Parameters = [.. segments.SelectMany(static rank => rank.Select(static segment => segment.Parameter)).Distinct()];
        Counts = [.. segments.Select(static rank => rank.Sum(static segment => segment.Length))];
        Length = Counts.Sum();
    }

    /// <summary>What each rank owns, in order.</summary>
    public ImmutableArray<ImmutableArray<Segment>> Segments { get; }

    /// <summary>The parameters that it holds any of.</summary>
    public ImmutableArray<Parameter> Parameters { get; }

    /// <summary>Elements that each rank owns.</summary>
    public int[] Counts { get; }

    /// <summary>Elements of all ranks.</summary>
    public int Length { get; }

    /// <summary>Where a rank's elements begin among those of all ranks.</summary>
    public int StartOf(int rank)
    {
        int start = 0;
        for (int before = 0; before < rank; before++)
        {
            start += Counts[before];
        }

        return start;
    }

    /// <summary>Elements a bucket is to have: enough that a round of messages costs less than the bytes, few enough to stay in the caches of one machine.</summary>
    public static int LengthFor(int ranks) => Math.Clamp(ranks << 16, 1 << 20, 1 << 25);

    /// <summary>Cuts parameters into buckets, in the order given.</summary>
    public static ImmutableArray<Bucket> Cut(IEnumerable<Parameter> parameters, Ownership ownership, int length)
    {
        ImmutableArray<Bucket>.Builder buckets = ImmutableArray.CreateBuilder<Bucket>();
        List<Segment>[] open = [.. Enumerable.Range(0, ownership.Ranks).Select(_ => new List<Segment>())];
        long filled = 0;
        foreach (Parameter parameter in parameters)
        {
            for (int start = 0; start < parameter.Length; start += Math.Min(LongestPart, parameter.Length - start))
            {
                int end = start + Math.Min(LongestPart, parameter.Length - start);
                for (int rank = 0; rank < ownership.Ranks; rank++)
                {
                    OwnedRange owned = ownership.RangeOf(parameter, rank);
                    int first = Math.Max(start, owned.Start), last = Math.Min(end, owned.End);
                    if (last > first)
                    {
                        open[rank].Add(new Segment(parameter, first, last - first));
                    }
                }

                filled += end - start;
                if (filled >= length)
                {
                    Close();
                }
            }
        }

        if (filled > 0)
        {
            Close();
        }

        return buckets.ToImmutable();

        void Close()
        {
            buckets.Add(new Bucket([.. open.Select(static rank => rank.ToImmutableArray())]));
            Array.ForEach(open, static rank => rank.Clear());
            filled = 0;
        }
    }
}

/// <summary>Elements of a parameter that one rank owns and one bucket holds.</summary>
internal readonly record struct Segment(Parameter Parameter, int Start, int Length);
