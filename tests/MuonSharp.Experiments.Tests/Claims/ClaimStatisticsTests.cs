namespace MuonSharp.Experiments.Tests.Claims;

public class ClaimStatisticsTests
{
    [Fact]
    public void The_spread_over_seeds_is_the_sample_deviation()
    {
        SeededMean mean = SeededMean.Of([2, 4, 4, 4, 5, 5, 7, 9]);
        Assert.Equal(5, mean.Mean, 12);
        Assert.Equal(Math.Sqrt(32.0 / 7), mean.Deviation, 12);
        Assert.True(double.IsNaN(SeededMean.Of([3]).Deviation));
    }

    [Fact]
    public void A_mean_is_clearly_above_another_by_more_than_the_standard_error_of_their_difference()
    {
        SeededMean low = new(1, 0.3, 3), error = new(0, 0.4, 4);
        Assert.Equal(Math.Sqrt((0.09 / 3) + (0.16 / 4)), low.Error(error), 12);
        Assert.True((low with { Mean = 1.27 }).IsClearlyAbove(new(1, 0.4, 4)));
        Assert.False((low with { Mean = 1.26 }).IsClearlyAbove(new(1, 0.4, 4)));
        Assert.Equal(0, SeededMean.Of([3]).Error(low));
    }

    /// <summary>2 + 0.3 ln(rate / best)², at rates that are not all a factor of two apart.</summary>
    [Theory]
    [InlineData(0.011)]
    [InlineData(0.0143)]
    [InlineData(0.009)]
    public void The_best_rate_is_the_vertex_of_the_parabola_over_the_logarithm(double best)
    {
        (double Rate, double Loss)[] losses = [.. new[] { 0.0025, 0.006, 0.01, 0.03, 0.06 }.Select(rate => (rate, 2 + (0.3 * Math.Pow(Math.Log(rate / best), 2))))];
        Assert.Equal(best, ClaimStatistics.BestRate(losses), 1e-9);
    }

    [Fact]
    public void A_best_rate_at_the_edge_or_beside_one_that_diverged_is_itself()
    {
        Assert.Equal(1, ClaimStatistics.BestRate([(1, 2.0), (2, 2.1), (4, 2.2)]));
        Assert.Equal(4, ClaimStatistics.BestRate([(1, 2.0), (2, 1.9), (4, 1.8)]));
        Assert.Equal(2, ClaimStatistics.BestRate([(1, 2.0), (2, 1.9), (4, double.PositiveInfinity)]));
        Assert.Equal(2, ClaimStatistics.BestRate([(2, 1.9)]));
    }

    [Theory]
    [InlineData(2.0, 0.35)]
    [InlineData(2.3, 0.2)]
    [InlineData(1.0, null)]
    public void The_share_of_steps_is_read_on_straight_lines_between_lengths(double target, double? share)
    {
        double? found = ClaimStatistics.ShareOfSteps([(20, 2.3), (30, 2.1), (40, 1.9), (100, 1.5)], target);
        Assert.Equal(share.HasValue, found.HasValue);
        Assert.Equal(share ?? 0, found ?? 0, 12);
    }
}
