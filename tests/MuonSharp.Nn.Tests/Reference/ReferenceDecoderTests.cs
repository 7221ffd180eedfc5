namespace MuonSharp.Nn.Tests.Reference;

/// <summary>The straight-line decoder itself: against central differences, and against transformers.</summary>
public class ReferenceDecoderTests
{
    public static TheoryData<string> Golden => [.. GoldenModel.Names];

    [Theory]
    [MemberData(nameof(Golden))]
    public void Logits_loss_and_gradients_are_those_of_transformers(string name)
    {
        GoldenModel golden = new(name);
        ReferenceDecoder decoder = new(golden.Shape, golden.Weights, golden.Inputs, golden.Targets, golden.Batch, golden.Time);

        Assert.Equal(golden.Expected["loss"][0], decoder.Loss, 2e-6);
        Assert.Equal(golden.Expected["logits"].Length, decoder.Logits.Length);
        Assert.All(golden.Expected["logits"].Zip(decoder.Logits), pair => Assert.Equal(pair.First, pair.Second, 2e-5));
        Assert.NotEmpty(decoder.Gradients);
        foreach ((string tensor, double[] gradient) in decoder.Gradients)
        {
            double distance = Agreement.RelativeDistance(gradient, Agreement.ToFloats(golden.Expected["gradient/" + tensor]));
            Assert.True(distance < 2e-5, $"{tensor}: the gradients lie {distance:E1} apart");
        }
    }

    [Theory]
    [InlineData(true, true, "gelu", true, true, 2, 2, null, false)]
    [InlineData(true, true, "gelu", true, false, 1, 1, null, false)]
    [InlineData(true, false, "gelu-tanh", false, true, 2, 2, 2, false)]
    [InlineData(false, false, "silu", false, false, 2, 1, null, false)]
    [InlineData(false, false, "relu-squared", true, false, 2, 2, 3, true)]
    [InlineData(false, true, "gelu", true, true, 4, 2, null, true)]
    [InlineData(true, true, "tanh", false, true, 2, 2, 3, false, true)]
    [InlineData(false, false, "softplus", false, true, 4, 2, null, true, true)]
    public void Gradients_are_the_derivatives_of_the_loss(
        bool gpt2, bool layerNorm, string activation, bool tied, bool biases, int heads, int groups, int? window, bool queryKeyNorm, bool packed = false)
    {
        ReferenceShape shape = new()
        {
            Gpt2 = gpt2,
            LayerNorm = layerNorm,
            Activation = activation,
            Gated = activation is "silu" or "softplus",
            Tied = tied,
            Biases = biases,
            Heads = heads,
            Groups = groups,
            Window = window,
            QueryKeyNorm = queryKeyNorm,
            Vocabulary = 7,
            Layers = 2,
            Width = 4 * heads,
            Hidden = 10,
        };
        Dictionary<string, double[]> weights = ReferenceWeights.Random(shape, 6, seed: 5);
        int[] inputs = new TestNumbers(1).Tokens(10, 7), targets = new TestNumbers(2).Tokens(10, 7);
        targets[3] = -1;
        int[]? positions = packed ? [4, 5, 0, 1, 2, 0, 0, 1, 2, 0] : null;

        IReadOnlyDictionary<string, double[]> gradients = new ReferenceDecoder(shape, weights, inputs, targets, 2, 5, positions: positions).Gradients;
        Assert.Equal(weights.Keys.Order(StringComparer.Ordinal), gradients.Keys.Order(StringComparer.Ordinal));
        foreach ((string name, double[] values) in weights)
        {
            CentralDifferences.Check(name, () => new ReferenceDecoder(shape, weights, inputs, targets, 2, 5, backward: false, positions).Loss, values, gradients[name], 1e-5);
        }
    }
}
