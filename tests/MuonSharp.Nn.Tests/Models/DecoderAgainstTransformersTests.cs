using MuonSharp.Nn.Tests.Reference;

namespace MuonSharp.Nn.Tests.Models;

/// <summary>The engine against Hugging Face transformers, for the golden models whose form it has.</summary>
public class DecoderAgainstTransformersTests
{
    /// <summary>Not among them: qwen3-window (a window in some layers only).</summary>
    public static TheoryData<string> Names => ["gpt2", "llama-gqa", "llama-legacy-config", "qwen3"];

    [Theory]
    [MemberData(nameof(Names))]
    public void Logits_loss_and_gradients_agree(string name)
    {
        GoldenModel golden = new(name);
        using EngineModel model = new(golden.Shape, golden.Context, golden.Weights);

        DecoderProgram inference = model.Program(golden.Inputs, golden.Targets, golden.Batch, golden.Time, training: false);
        Assert.Equal(golden.Expected["loss"][0], inference.Forward(), golden.LossTolerance);
        double[] logits = Agreement.ToDoubles(EngineModel.Logits(inference));
        Assert.Equal(golden.Expected["logits"].Length, logits.Length);
        Assert.All(golden.Expected["logits"].Zip(logits), pair => Assert.Equal(pair.First, pair.Second, golden.LogitsTolerance));

        model.Decoder.Parameters.ZeroGradients();
        DecoderProgram training = model.Program(golden.Inputs, golden.Targets, golden.Batch, golden.Time, training: true);
        Assert.Equal(golden.Expected["loss"][0], training.Forward(), golden.LossTolerance);
        training.Backward();
        foreach (Optimizers.Parameter parameter in model.Decoder.Parameters.Parameters)
        {
            double distance = Agreement.RelativeDistance(golden.Expected["gradient/" + parameter.Name], parameter.Gradient.Span);
            Assert.True(distance < golden.GradientTolerance, $"{parameter.Name}: the gradients lie {distance:E1} apart, {golden.GradientTolerance} allowed");
        }
    }
}
