using MuonSharp.Cli.Train;

namespace MuonSharp.Cli.Tests.Train;

public class IntervalTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(40, 1)]
    [InlineData(41, 2)]
    [InlineData(100, 5)]
    [InlineData(2_000, 50)]
    [InlineData(2_001, 100)]
    [InlineData(100_000, 5_000)]
    public void A_log_gets_about_forty_lines_at_round_steps(long steps, long interval) => Assert.Equal(interval, Interval.For(steps));
}
