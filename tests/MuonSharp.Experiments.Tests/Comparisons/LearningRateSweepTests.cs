using MuonSharp.Training;

namespace MuonSharp.Experiments.Tests.Comparisons;

public class LearningRateSweepTests
{
    /// <summary>Loss by distance from a best rate, in factors of two; the rates tried are read off the text.</summary>
    [Theory]
    [InlineData(0, "1 0.5 2", 1, false)]
    [InlineData(1, "1 0.5 2 4", 2, false)]
    [InlineData(-1, "1 0.5 2 0.25", 0.5, false)]
    [InlineData(3, "1 0.5 2 4 8 16", 8, false)]
    [InlineData(9, "1 0.5 2 4 8 16", 16, true)]
    [InlineData(-9, "1 0.5 2 0.25 0.125 0.0625", 0.0625, true)]
    public void A_sweep_follows_the_best_rate_until_it_is_inside_or_six_were_tried(int best, string tried, double found, bool atEdge)
    {
        LearningRateSweep sweep = new(LearningRateSweep.Around(1), extends: true);
        Assert.Equal(tried, string.Join(' ', Drive(sweep, rate => Math.Abs(Math.Log2(rate) - best))));
        Assert.Equal(found, sweep.Best);
        Assert.Equal(atEdge, sweep.BestAtEdge);
    }

    [Fact]
    public void Rates_that_diverge_are_infinitely_bad_and_smaller_ones_follow()
    {
        LearningRateSweep sweep = new(LearningRateSweep.Around(1), extends: true);
        IEnumerable<double> tried = Drive(sweep, rate => rate > 0.3 ? double.NaN : rate > 0.2 ? 2 : 3);
        Assert.Equal([1, 0.5, 2, 0.25, 0.125], tried);
        Assert.Equal(0.25, sweep.Best);
        Assert.False(sweep.BestAtEdge);
    }

    [Fact]
    public void A_sweep_in_which_all_diverge_has_no_best_rate()
    {
        LearningRateSweep sweep = new(LearningRateSweep.Around(1), extends: true);
        Assert.Equal(LearningRateSweep.Most, Drive(sweep, _ => double.PositiveInfinity).Count);
        Assert.Null(sweep.Best);
    }

    [Fact]
    public void Rates_that_were_given_are_all_that_is_tried()
    {
        LearningRateSweep sweep = new([3, 1], extends: false);
        Assert.Equal([3, 1], Drive(sweep, rate => rate));
        Assert.Equal(1, sweep.Best);
        Assert.False(sweep.BestAtEdge);
    }

    [Fact]
    public void Of_equal_losses_the_smaller_rate_wins()
    {
        LearningRateSweep sweep = new([4, 1, 2], extends: false);
        Drive(sweep, rate => rate == 4 ? 2 : 1);
        Assert.Equal(1, sweep.Best);
    }

    [Fact]
    public void What_is_known_is_certain_to_be_tried_whatever_comes_of_it()
    {
        LearningRateSweep sweep = new(LearningRateSweep.Around(1), extends: true);
        List<double[]> known = [];
        List<int> most = [];
        while (sweep.Next is { } rate)
        {
            known.Add([.. sweep.Known]);
            most.Add(sweep.MostPending);
            sweep.Report(-rate);
        }

        Assert.Equal([[1, 0.5, 2], [0.5, 2], [2], [4], [8], [16]], known);
        Assert.Equal([6, 5, 4, 3, 2, 1], most);
        Assert.Empty(sweep.Known);
    }

    private static List<double> Drive(LearningRateSweep sweep, Func<double, double> loss)
    {
        List<double> tried = [];
        while (sweep.Next is { } rate)
        {
            tried.Add(rate);
            sweep.Report(loss(rate));
        }

        return tried;
    }
}
