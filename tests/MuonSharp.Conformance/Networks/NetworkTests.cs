using System.Text.Json.Nodes;

namespace MuonSharp.Conformance.Networks;

/// <summary>What a case may list.</summary>
public class NetworkTests
{
    [Fact]
    public void A_layer_that_is_to_come_is_named_and_one_that_nobody_knows_fails()
    {
        Assert.Null(Network.Missing([Layer("linear"), Layer("gelu")]));
        Assert.Equal("conv2d", Network.Missing([Layer("linear"), Layer("conv2d"), Layer("max_pool2d")]));
        Assert.Contains("'riddle' came", Assert.ThrowsAny<Exception>(() => Network.Missing([Layer("conv2d"), Layer("riddle")])).Message, StringComparison.Ordinal);
    }

    private static JsonObject Layer(string name) => new() { ["layer"] = name };
}
