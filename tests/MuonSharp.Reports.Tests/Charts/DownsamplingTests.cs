namespace MuonSharp.Reports.Tests;

public class DownsamplingTests
{
    private const int Columns = 50;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Every_column_keeps_its_extremes_and_nothing_else_but_the_ends(int seed)
    {
        Place[] places = Walk(seed, 5000);
        List<Place> kept = Downsampling.Extremes(places, Columns);

        // The plain way: all places of a column in a list, its least and its greatest.
        HashSet<Place> expected = [places[0], places[^1]];
        for (int column = 0; column < Columns; column++)
        {
            Place[] inside = [.. places.Where(place => Math.Min(Columns - 1, Math.Floor(place.X * Columns)) == column)];
            if (inside.Length > 0)
            {
                expected.Add(inside.First(place => place.Y == inside.Min(each => each.Y)));
                expected.Add(inside.First(place => place.Y == inside.Max(each => each.Y)));
            }
        }

        Assert.Equal([.. expected.OrderBy(place => place.X)], kept);
        Assert.True(kept.Count <= (2 * Columns) + 2);
    }

    [Fact]
    public void One_spike_among_many_points_stays()
    {
        Place[] places = [.. Enumerable.Range(0, 100_000).Select(i => new Place(i / 99_999.0, i == 54_321 ? 1 : 0.25))];
        Assert.Contains(new Place(54_321 / 99_999.0, 1), Downsampling.Extremes(places, Columns));
    }

    [Fact]
    public void Few_points_stay_as_they_are()
    {
        Place[] places = Walk(7, 2 * Columns);
        Assert.Equal(places, Downsampling.Extremes(places, Columns));
        Assert.Empty(Downsampling.Extremes([], Columns));
    }

    [Fact]
    public void A_mean_has_as_many_on_its_left_as_on_its_right_and_leaves_out_what_is_no_number()
    {
        double[] values = [1, 2, double.NaN, 4, 5, 6, 7, double.PositiveInfinity];
        Assert.Equal(1, Smoothing.Mean(values, 0, 4));
        Assert.Equal(1.5, Smoothing.Mean(values, 1, 4));
        Assert.Equal((1 + 2 + 4 + 5) / 4.0, Smoothing.Mean(values, 2, 4));
        Assert.Equal((2 + 4 + 5 + 6) / 4.0, Smoothing.Mean(values, 3, 4));
        Assert.Equal((5 + 6 + 7) / 3.0, Smoothing.Mean(values, 6, 4));
        Assert.True(double.IsNaN(Smoothing.Mean([double.NaN], 0, 10)));
    }

    [Theory]
    [InlineData(0, 10, "")]
    [InlineData(1, 10, "0")]
    [InlineData(3, 3, "0 1 2")]
    [InlineData(101, 5, "0 25 50 75 100")]
    public void Evenly_spaced_points_have_the_first_and_the_last(int count, int most, string expected) =>
        Assert.Equal(expected, string.Join(' ', Smoothing.Even(count, most)));

    /// <summary>A random walk whose heights are all different.</summary>
    private static Place[] Walk(int seed, int count)
    {
        ulong state = (ulong)seed;
        double y = 0;
        Place[] places = new Place[count];
        for (int i = 0; i < count; i++)
        {
            state = (state * 6364136223846793005) + 1442695040888963407;
            y += ((state >> 40) / (double)(1 << 24)) - 0.5;
            places[i] = new(i / (count - 1.0), y);
        }

        return places;
    }
}
