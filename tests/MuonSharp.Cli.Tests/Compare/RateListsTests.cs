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

    [Fact]
    public void Several_optimizers_may_stand_in_one_list()
    {
        IReadOnlyDictionary<string, IReadOnlyList<double>> rates = RateLists.Read(["muon=0.12,0.24,adamw=4e-3,sgd=1e-3,2e-3", "muon:coefficients=[3.4,-4.8,2]=0.01,0.02,lion=1e-4"]);
        Assert.Equal(["adamw", "lion", "muon", "muon:coefficients=[3.4,-4.8,2]", "sgd"], rates.Keys.Order(StringComparer.Ordinal));
        Assert.Equal([0.12, 0.24], rates["muon"]);
        Assert.Equal([0.004], rates["adamw"]);
        Assert.Equal([0.001, 0.002], rates["sgd"]);
        Assert.Equal([0.01, 0.02], rates["muon:coefficients=[3.4,-4.8,2]"]);
        Assert.Equal([0.0001], rates["lion"]);
    }

    [Theory]
    [InlineData("0.01")]
    [InlineData("=0.01")]
    [InlineData("adamw=fast")]
    [InlineData("adamw=0.1,=0.2")]
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
