using System.Text.Json.Nodes;

namespace MuonSharp.Conformance.Networks;

/// <summary>What a case may list.</summary>
public class NetworkTests
{
    [Fact]
    public void A_layer_that_nobody_knows_fails() =>
        Assert.Contains("'riddle' came", Assert.ThrowsAny<Exception>(() => new Network([Layer("relu"), Layer("riddle")])).Message, StringComparison.Ordinal);

    private static JsonObject Layer(string name) => new() { ["layer"] = name };
}
