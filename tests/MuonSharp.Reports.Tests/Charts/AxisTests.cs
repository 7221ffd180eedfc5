namespace MuonSharp.Reports.Tests;

public class AxisTests
{
    [Theory]
    [InlineData(0, 2000, "0 500 1,000 1,500 2,000")]
    [InlineData(0, 1234, "0 250 500 750 1,000")]
    [InlineData(1.58, 2.57, "1.6 1.8 2 2.2 2.4")]
    [InlineData(0, 0.7, "0 0.2 0.4 0.6")]
    [InlineData(3, 3, "2.6 2.8 3 3.2 3.4")]
    [InlineData(0.003, 0.003, "0.002 0.003 0.004")]
    [InlineData(-3, -1, "-3 -2.5 -2 -1.5 -1")]
    [InlineData(1e-9, 6e-9, "1e-9 2e-9 3e-9 4e-9 5e-9 6e-9")]
    [InlineData(0, 4_000_000, "0 1M 2M 3M 4M")]
    public void Round_numbers_are_written_beside_an_axis_that_ends_where_the_numbers_end(double least, double greatest, string expected)
    {
        Axis axis = new(least, greatest, marks: 5);
        Assert.Equal(expected, string.Join(' ', axis.Ticks.Select(Axis.Text)));
        Assert.True(least == greatest ? axis.Least < least && axis.Greatest > greatest : axis.Least == least && axis.Greatest == greatest);
        Assert.Equal(0, axis.At(axis.Least), 9);
        Assert.Equal(1, axis.At(axis.Greatest), 9);
    }

    [Theory]
    [InlineData(1, "0 1")]
    [InlineData(3, "0 1 2 3")]
    [InlineData(12, "0 2 4 6 8 10 12")]
    [InlineData(15, "0 5 10 15")]
    [InlineData(150, "0 25 50 75 100 125 150")]
    public void Steps_are_whole(double greatest, string expected) =>
        Assert.Equal(expected, string.Join(' ', new Axis(0, greatest, marks: 6, whole: true).Ticks.Select(Axis.Text)));

    [Fact]
    public void Places_are_shares_of_the_axis() => Assert.Equal([0, 0.25, 1], new double[] { 10, 12.5, 20 }.Select(new Axis(10, 20).At));

    [Fact]
    public void On_a_logarithmic_axis_equal_ratios_are_equally_far_apart()
    {
        Axis axis = new(0.002, 0.04, logarithmic: true);
        Assert.Equal(axis.At(0.004) - axis.At(0.002), axis.At(0.04) - axis.At(0.02), 9);
        Assert.True(axis.At(0.002) > 0 && axis.At(0.04) < 1);
        Assert.Equal([0.002, 0.005, 0.01, 0.02], axis.Ticks);
    }

    [Theory]
    [InlineData(0.5, 2000)]
    [InlineData(1e-12, 1e12)]
    [InlineData(1e-300, 1e300)]
    public void However_many_decades_there_are_a_few_of_them_are_written(double least, double greatest) =>
        Assert.InRange(new Axis(least, greatest, logarithmic: true).Ticks.Count, 3, 12);
}
