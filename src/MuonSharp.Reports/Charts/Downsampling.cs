namespace MuonSharp.Reports;

/// <summary>A place in a chart: 0 to 1 from left to right, and from the foot up.</summary>
/// <param name="X">From the left.</param>
/// <param name="Y">From the foot.</param>
internal readonly record struct Place(double X, double Y);

/// <summary>Fewer points that look the same: what lies in one narrow column is a stroke from its least to its greatest height.</summary>
internal static class Downsampling
{
    /// <summary>The first place and the last, and of each column the least and the greatest; in their order.</summary>
    /// <remarks>Every extreme of the whole line stays. At most two places a column and two more.</remarks>
    /// <param name="places">Places from left to right.</param>
    /// <param name="columns">How many columns there are from 0 to 1.</param>
    public static List<Place> Extremes(IReadOnlyList<Place> places, int columns)
    {
        List<Place> kept = [];
        if (places.Count <= 2 * columns)
        {
            kept.AddRange(places);
            return kept;
        }

        for (int start = 0, end; start < places.Count; start = end)
        {
            int column = Column(places[start], columns), least = start, greatest = start;
            for (end = start; end < places.Count && Column(places[end], columns) == column; end++)
            {
                least = places[end].Y < places[least].Y ? end : least;
                greatest = places[end].Y > places[greatest].Y ? end : greatest;
            }

            Add(kept, places[start], always: start == 0);
            Add(kept, places[Math.Min(least, greatest)], always: true);
            Add(kept, places[Math.Max(least, greatest)], always: true);
            Add(kept, places[end - 1], always: end == places.Count);
        }

        return kept;
    }

    private static void Add(List<Place> kept, Place place, bool always)
    {
        if (always && (kept.Count == 0 || kept[^1] != place))
        {
            kept.Add(place);
        }
    }

    private static int Column(Place place, int columns) => Math.Clamp((int)(place.X * columns), 0, columns - 1);
}

/// <summary>Means that show where noisy numbers go.</summary>
internal static class Smoothing
{
    /// <summary>The mean around a number: as many on its right as on its left, so that the line does not lag; near the start fewer of both, near the end fewer on the right.</summary>
    /// <param name="values">The numbers; those that are not finite are left out.</param>
    /// <param name="at">Which one.</param>
    /// <param name="window">How many are taken, about: an even one is one more.</param>
    /// <returns>NaN where none is finite.</returns>
    public static double Mean(IReadOnlyList<double> values, int at, int window)
    {
        int half = Math.Min(window / 2, at);
        double sum = 0;
        int count = 0;
        for (int i = at - half; i <= Math.Min(at + half, values.Count - 1); i++)
        {
            (sum, count) = double.IsFinite(values[i]) ? (sum + values[i], count + 1) : (sum, count);
        }

        return count == 0 ? double.NaN : sum / count;
    }

    /// <summary>Numbers of points, evenly spaced, the first and the last among them.</summary>
    /// <param name="count">How many points there are.</param>
    /// <param name="most">How many are wanted at most, at least 2.</param>
    public static int[] Even(int count, int most) => count <= most
        ? [.. Enumerable.Range(0, count)]
        : [.. Enumerable.Range(0, most).Select(i => (int)((long)i * (count - 1) / (most - 1)))];
}
