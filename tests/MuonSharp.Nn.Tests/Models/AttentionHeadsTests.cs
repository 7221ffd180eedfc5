using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn.Tests.Models;

/// <summary>The heads that models declare are the ones their logits come from: the clip scales each head's maximum by its factor.</summary>
public sealed class AttentionHeadsTests : IDisposable
{
    private readonly WorkerTeam _team = new(1);

    public static TheoryData<string> Forms => ["gpt2", "gpt2 without biases", "llama", "llama with biases", "one key head", "one normalized head"];

    public void Dispose() => _team.Dispose();

    [Theory]
    [MemberData(nameof(Forms))]
    public void After_a_clip_the_same_batch_has_each_heads_maximum_times_its_factor(string form)
    {
        using LanguageModel model = TinyModels.Create(OneLayer(form) with { InitialDeviation = 0.3 }, _team);
        foreach (Parameter? bias in model.Parameters.Parameters.Where(parameter => parameter.Role is ParameterRole.Bias or ParameterRole.Gain))
        {
            float[] noise = new float[bias.Length];
            new RandomStream(3, bias.Name).FillNormal(noise, 0, 0);
            noise.CopyTo(bias.Weights.Span);
        }

        LanguageProgram program = model.Program(2, 80, training: false);
        TinyModels.Write(program);
        program.Forward();
        float[] before = program.MaximumLogits.ToArray();
        double tau = Math.Max(0.01, before.Order().ElementAt(before.Length / 2) * 0.7);
        using var clip = new QkClip(model.AttentionHeads, tau);
        clip.Observe(before);
        QkClipReport report = clip.Apply(skipped: false);
        program.Forward();

        Assert.True(report.ClippedHeads > 0);
        float[] after = program.MaximumLogits.ToArray();
        Assert.All(after, (maximum, head) => Assert.Equal(
            report[head].Factor * before[head], maximum, 1e-5 * Math.Max(1, Math.Abs(before[head]))));
    }

    [Theory]
    [InlineData("gpt2", "transformer.h.1.attn")]
    [InlineData("llama", "model.layers.1.self_attn")]
    public void Every_block_declares_its_heads_in_order(string family, string second)
    {
        using LanguageModel model = TinyModels.Create(TinyModels.Of(family) with { QueryKeyNorm = false }, _team);

        Assert.Equal(model.Config.Layers, model.AttentionHeads.Count);
        Assert.Equal(second, model.AttentionHeads[1].Name);
        Assert.All(model.AttentionHeads, layer =>
        {
            Assert.Equal((model.Config.Heads, model.Config.EffectiveKeyValueHeads), (layer.Heads, layer.KeyValueHeads));
            Assert.Equal(model.Config.Biases ? 4 : 2, layer.Slices.Length);
            Assert.All(layer.Slices, slice => Assert.StartsWith(layer.Name + ".", slice.Parameter.Name, StringComparison.Ordinal));
        });
    }

    [Fact]
    public void A_model_whose_heads_share_the_gains_of_their_norms_says_why_it_cannot_be_clipped()
    {
        using LanguageModel model = TinyModels.Create(TinyModels.Llama, _team);

        Assert.All(model.AttentionHeads, layer => Assert.Contains("is shared by 4 heads", layer.Obstacle, StringComparison.Ordinal));
        ArgumentException error = Assert.Throws<ArgumentException>(() => new QkClip(model.AttentionHeads));
        Assert.Contains("'model.layers.0.self_attn.q_norm.weight'", error.Message, StringComparison.Ordinal);
    }

    private static LanguageModelConfig OneLayer(string form) => form switch
    {
        "gpt2" => TinyModels.Gpt2,
        "gpt2 without biases" => TinyModels.Gpt2 with { Biases = false },
        "llama" => TinyModels.Llama with { QueryKeyNorm = false },
        "llama with biases" => TinyModels.Llama with { QueryKeyNorm = false, Biases = true },
        "one key head" => TinyModels.Llama with { QueryKeyNorm = false, KeyValueHeads = 1 },
        _ => TinyModels.Llama with { Heads = 1, KeyValueHeads = 1 },
    } with
    { Layers = 1 };
}
