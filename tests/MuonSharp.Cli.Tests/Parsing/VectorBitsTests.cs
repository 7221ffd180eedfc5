using MuonSharp.Cli.Parsing;

namespace MuonSharp.Cli.Tests.Parsing;

public class VectorBitsTests
{
    [Theory]
    [InlineData(null, true)]
    [InlineData("", true)]
    [InlineData("512", true)]
    [InlineData("256", true)]
    [InlineData("128", true)]
    [InlineData("0", true)]
    [InlineData("64", false)]
    [InlineData("1024", false)]
    [InlineData("wide", false)]
    public void Only_widths_that_there_are_are_taken(string? value, bool sound) => Assert.Equal(sound, VectorBits.Describe(value) is null);
}
