using MuonSharp.Cli.Output;

namespace MuonSharp.Cli.Tests.Output;

public class PrintableTests
{
    [Fact]
    public void A_terminal_is_never_given_orders_by_a_model() => Assert.Equal("a\uFFFD[31mb\uFFFD", Printable.Of("a\u001b[31mb\u0007"));

    [Fact]
    public void Tabs_and_line_ends_stay() => Assert.Equal("a\tb\nc\u00e9", Printable.Of("a\tb\nc\u00e9"));
}
