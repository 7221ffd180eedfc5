using MuonSharp.Cli.Plan;

namespace MuonSharp.Cli.Tests.Plan;

public class LayerNamesTests
{
    [Fact]
    public void Names_that_differ_in_their_layer_alone_have_one_pattern()
    {
        Assert.Equal("h.*.attn.weight", LayerNames.Pattern("h.11.attn.weight"));
        Assert.Equal("wte.weight", LayerNames.Pattern("wte.weight"));
        Assert.Equal("h.*.experts.7.weight", LayerNames.Pattern("h.0.experts.7.weight"));
    }

    [Theory]
    [InlineData("layers 0-2 attn.weight", "h.0.attn.weight", "h.1.attn.weight", "h.2.attn.weight")]
    [InlineData("layers 0, 2-3, 9 w", "h.2.w", "h.0.w", "h.9.w", "h.3.w")]
    [InlineData("layer 4 w", "model.layers.4.w")]
    [InlineData("wte.weight", "wte.weight")]
    public void Layers_are_named_by_their_ranges(string expected, params string[] names) => Assert.Equal(expected, LayerNames.Join(names));
}
