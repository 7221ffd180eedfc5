using MuonSharp.Cli.Compare;
using MuonSharp.Cli.Errors;

namespace MuonSharp.Cli.Tests.Compare;

public class RateListsTests
{
    [Fact]
    public void The_last_equals_sign_parts_label_and_rates()
    {
        IReadOnlyDictionary<string, IReadOnlyList<double>> rates = RateLists.Read(["adamw=2e-3, 0.004", "muon:preset=torch=0.01"]);
        Assert.Equal([0.002, 0.004], rates["adamw"]);
        Assert.Equal([0.01], rates["muon:preset=torch"]);
    }

    [Theory]
    [InlineData("0.01")]
    [InlineData("=0.01")]
    [InlineData("adamw=fast")]
    public void Another_form_is_a_usage_error(string text)
    {
        ToolException error = Assert.Throws<ToolException>(() => RateLists.Read([text]));
        Assert.Equal(1, error.ExitCode);
        Assert.StartsWith("[--learning-rates]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Budgets_are_whole_numbers()
    {
        Assert.Equal([40, 50], RateLists.Percentages("40, 50"));
        Assert.Empty(RateLists.Percentages(""));
        Assert.Throws<ToolException>(() => RateLists.Percentages("40.5"));
    }
}
