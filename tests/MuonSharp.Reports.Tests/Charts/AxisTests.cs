using MuonSharp.Cli.Compare.Page;

namespace MuonSharp.Cli.Tests.Compare;

public class AxisTests
{
    [Theory]
    [InlineData(0, 2000, "0 500 1,000 1,500 2,000")]
    [InlineData(1.58, 2.57, "1.4 1.6 1.8 2 2.2 2.4 2.6")]
    [InlineData(0, 0.7, "0 0.2 0.4 0.6 0.8")]
    [InlineData(3, 3, "2.4 2.6 2.8 3 3.2 3.4 3.6")]
    public void Round_numbers_are_written_beside_an_axis_and_the_outermost_are_its_ends(double least, double greatest, string expected)
    {
        var axis = new Axis(least, greatest, 0, 100, marks: 5);
        Assert.Equal(expected, string.Join(' ', axis.Ticks.Select(Axis.Text)));
        Assert.True(axis.Least <= least && axis.Greatest >= greatest);
        Assert.Equal(0, axis.At(axis.Ticks[0]), 9);
        Assert.Equal(100, axis.At(axis.Ticks[^1]), 9);
    }

    [Theory]
    [InlineData(3, "0 1 2 3")]
    [InlineData(12, "0 2 4 6 8 10 12")]
    [InlineData(15, "0 5 10 15")]
    [InlineData(150, "0 25 50 75 100 125 150")]
    public void Steps_are_whole(double greatest, string expected) =>
        Assert.Equal(expected, string.Join(' ', new Axis(0, greatest, 0, 100, marks: 6, whole: true).Ticks.Select(Axis.Text)));

    [Fact]
    public void Places_go_from_start_to_end_in_proportion()
    {
        var axis = new Axis(0, 10, 200, 100);
        Assert.Equal([200, 175, 100], new double[] { 0, 2.5, 10 }.Select(axis.At));
    }

    [Fact]
    public void On_a_logarithmic_axis_equal_ratios_are_equally_far_apart()
    {
        var axis = new Axis(0.002, 0.04, 0, 100, logarithmic: true);
        Assert.Equal(axis.At(0.004) - axis.At(0.002), axis.At(0.04) - axis.At(0.02), 9);
        Assert.True(axis.At(0.002) > 0 && axis.At(0.04) < 100);
        Assert.Equal([0.002, 0.005, 0.01, 0.02], axis.Ticks);
    }
}
