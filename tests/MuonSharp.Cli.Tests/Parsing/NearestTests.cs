using MuonSharp.Cli.Parsing;

namespace MuonSharp.Cli.Tests.Parsing;

public class NearestTests
{
    private static readonly string[] s_known = ["--preset", "--steps", "--seed", "--threads", "--resume", "--run"];

    [Theory]
    [InlineData("--stpes", "--steps")]
    [InlineData("--step", "--steps")]
    [InlineData("--SEED", "--seed")]
    [InlineData("--thread", "--threads")]
    [InlineData("--presets", "--preset")]
    public void A_slip_finds_what_was_meant(string word, string expected) => Assert.Equal(expected, Nearest.Of(word, s_known));

    [Fact]
    public void Something_else_altogether_finds_nothing() => Assert.Null(Nearest.Of("--temperature", s_known));
}
