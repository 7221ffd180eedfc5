namespace MuonSharp.Training.Tests.Configuration;

public class NearestNameTests
{
    private static readonly string[] s_known = ["--preset", "--steps", "--seed", "--threads", "--resume", "--run"];

    [Theory]
    [InlineData("--stpes", "--steps")]
    [InlineData("--step", "--steps")]
    [InlineData("--SEED", "--seed")]
    [InlineData("--thread", "--threads")]
    [InlineData("--presets", "--preset")]
    public void A_slip_finds_what_was_meant(string word, string expected) => Assert.Equal(expected, NearestName.Of(word, s_known));

    [Fact]
    public void Something_else_altogether_finds_nothing() => Assert.Null(NearestName.Of("--temperature", s_known));
}
