using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn.Tests.Models;

/// <summary>Configuration, parameters and initial weights.</summary>
public sealed class LanguageModelTests : IDisposable
{
    private readonly WorkerTeam _team = new(1);

    public void Dispose() => _team.Dispose();

    [Fact]
    public void Published_models_have_their_published_number_of_parameters()
    {
        LanguageModelConfig gpt2 = new() { Vocabulary = 50257, Layers = 12, Heads = 12, Width = 768, Context = 1024, Biases = true };
        LanguageModelConfig nanoGpt = new() { Vocabulary = 65, Layers = 4, Heads = 4, Width = 128, Context = 64 };
        LanguageModelConfig llama = new()
        {
            Vocabulary = 32000,
            Layers = 22,
            Heads = 32,
            KeyValueHeads = 4,
            Width = 2048,
            HiddenWidth = 5632,
            Context = 2048,
            TiedHead = false,
            Family = ModelFamilies.Llama,
            Normalization = Normalization.RmsNorm,
            Activation = Activation.Silu,
            Gated = true,
        };

        Assert.Equal(124_439_808, gpt2.CountParameters());
        Assert.Equal(804_096, nanoGpt.CountParameters());
        Assert.Equal(1_100_048_384, llama.CountParameters());
    }

    [Fact]
    public void The_gpt2_family_has_the_names_and_orientation_of_its_checkpoints()
    {
        using var model = new LanguageModel(TinyModels.Gpt2 with { Layers = 1 }, 1, _team);
        string[] expected =
        [
            "transformer.wte.weight [61, 64] Embedding", "transformer.wpe.weight [160, 64] Position",
            "transformer.h.0.ln_1.weight [64] Gain", "transformer.h.0.ln_1.bias [64] Bias",
            "transformer.h.0.attn.c_attn.weight [64, 192] Matrix", "transformer.h.0.attn.c_attn.bias [192] Bias",
            "transformer.h.0.attn.c_proj.weight [64, 64] Matrix", "transformer.h.0.attn.c_proj.bias [64] Bias",
            "transformer.h.0.ln_2.weight [64] Gain", "transformer.h.0.ln_2.bias [64] Bias",
            "transformer.h.0.mlp.c_fc.weight [64, 256] Matrix", "transformer.h.0.mlp.c_fc.bias [256] Bias",
            "transformer.h.0.mlp.c_proj.weight [256, 64] Matrix", "transformer.h.0.mlp.c_proj.bias [64] Bias",
            "transformer.ln_f.weight [64] Gain", "transformer.ln_f.bias [64] Bias",
        ];

        Assert.Equal(expected, model.Parameters.Parameters.Select(p => $"{p} {p.Role}"));
        MatrixLayout layout = model.Parameters["transformer.h.0.attn.c_attn.weight"].Layout;
        Assert.Equal(MatrixOrientation.InOut, layout.Orientation);
        Assert.Equal([new("query", 64, 4), new("key", 64, 4), new MatrixPart("value", 64, 4)], layout.Parts);
    }

    [Fact]
    public void The_llama_family_has_the_names_and_orientation_of_its_checkpoints()
    {
        using var model = new LanguageModel(TinyModels.Llama with { Layers = 1 }, 1, _team);
        string[] expected =
        [
            "model.embed_tokens.weight [61, 64] Embedding", "model.layers.0.input_layernorm.weight [64] Gain",
            "model.layers.0.self_attn.q_proj.weight [64, 64] Matrix", "model.layers.0.self_attn.k_proj.weight [32, 64] Matrix",
            "model.layers.0.self_attn.v_proj.weight [32, 64] Matrix", "model.layers.0.self_attn.o_proj.weight [64, 64] Matrix",
            "model.layers.0.self_attn.q_norm.weight [16] Gain", "model.layers.0.self_attn.k_norm.weight [16] Gain",
            "model.layers.0.post_attention_layernorm.weight [64] Gain", "model.layers.0.mlp.gate_proj.weight [192, 64] Matrix",
            "model.layers.0.mlp.up_proj.weight [192, 64] Matrix", "model.layers.0.mlp.down_proj.weight [64, 192] Matrix",
            "model.norm.weight [64] Gain", "lm_head.weight [61, 64] Head",
        ];

        Assert.Equal(expected, model.Parameters.Parameters.Select(p => $"{p} {p.Role}"));
        MatrixLayout layout = model.Parameters["model.layers.0.self_attn.k_proj.weight"].Layout;
        Assert.Equal(MatrixOrientation.OutIn, layout.Orientation);
        Assert.Equal([new MatrixPart("key", 32, 2)], layout.Parts);
    }

    [Fact]
    public void Initial_weights_have_their_deviation_and_depend_on_the_seed_and_their_name_alone()
    {
        using var model = new LanguageModel(TinyModels.Gpt2, 3, _team);
        using var same = new LanguageModel(TinyModels.Gpt2 with { Layers = 1, InitialDeviation = 0.02 }, 3, _team);
        using var other = new LanguageModel(TinyModels.Gpt2, 4, _team);
        const string Fused = "transformer.h.0.attn.c_attn.weight";

        Assert.Equal(0.02, Deviation(model, Fused), 4e-4);
        Assert.Equal(0.02 / 2, Deviation(model, "transformer.h.1.mlp.c_proj.weight"), 2e-4);
        Assert.Equal(0.02, Deviation(model, "transformer.wte.weight"), 1e-3);
        Assert.All(model.Parameters["transformer.ln_f.weight"].Weights.Span.ToArray(), gain => Assert.Equal(1, gain));
        Assert.All(model.Parameters["transformer.ln_f.bias"].Weights.Span.ToArray(), bias => Assert.Equal(0, bias));
        Assert.Equal(model.Parameters[Fused].Weights.Span, same.Parameters[Fused].Weights.Span);
        Assert.False(model.Parameters[Fused].Weights.Span.SequenceEqual(other.Parameters[Fused].Weights.Span));
        Assert.False(model.Parameters[Fused].Weights.Span.SequenceEqual(model.Parameters["transformer.h.1.attn.c_attn.weight"].Weights.Span));
    }

    [Theory]
    [InlineData("gpt2", "attn.c_proj", "mlp.c_proj")]
    [InlineData("llama", "self_attn.o_proj", "mlp.down_proj")]
    public void Projections_and_an_own_head_that_begin_at_zero_make_every_token_as_likely(string family, params string[] projections)
    {
        using var model = new LanguageModel(TinyModels.Of(family) with { ZeroProjections = true, TiedHead = false }, 3, _team);
        LanguageProgram program = model.Program(4, 32, training: false);
        TinyModels.Write(program);

        Assert.Equal(Math.Log(TinyModels.Vocabulary), program.Forward(), 1e-5);
        string[] zero = [.. model.Parameters.Parameters.Where(p => p.Shape.Length == 2 && !p.Weights.Span.ContainsAnyExcept(0)).Select(p => p.Name)];
        Assert.Equal((2 * model.Config.Layers) + 1, zero.Length);
        Assert.All(zero, name => Assert.True(name == "lm_head.weight" || projections.Any(projection => name.EndsWith(projection + ".weight", StringComparison.Ordinal)), name));
    }

    [Fact]
    public void An_untrained_model_guesses()
    {
        using var model = new LanguageModel(TinyModels.Llama, 3, _team);
        LanguageProgram program = model.Program(4, 64, training: false);
        TinyModels.Write(program);

        Assert.Equal(Math.Log(TinyModels.Vocabulary), program.Forward(), 0.05);
    }

    [Theory]
    [InlineData(23168, null, "llama", true)]
    [InlineData(23172, null, "llama", false)]
    [InlineData(26752, 64, "gpt2", true)]
    [InlineData(26756, 64, "gpt2", false)]
    [InlineData(1 << 30, null, "llama", false)]
    public void A_matrix_of_too_many_weights_to_count_is_a_problem_of_the_configuration(int width, int? hidden, string family, bool possible)
    {
        LanguageModelConfig config = new() { Vocabulary = 3, Layers = 1, Heads = 1, Width = width, Context = 8, HiddenWidth = hidden, Family = ModelFamilies.Named(family) };
        if (possible)
        {
            Assert.Empty(config.Problems());
        }
        else
        {
            Assert.Contains("fewer than 2^31 weights", Assert.Single(config.Problems()), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_wrong_configuration_names_all_its_problems_at_once()
    {
        LanguageModelConfig config = new()
        {
            Vocabulary = 0,
            Layers = 0,
            Heads = 3,
            Width = 64,
            Context = 0,
            KeyValueHeads = 2,
            Dropout = 1,
            Window = 0,
            QueryKeyNorm = true,
            Activation = Activation.Silu,
            Gated = true,
            RotaryBase = 1,
            NormalizationEpsilon = 0,
            InitialDeviation = -1,
            LogitCap = 0,
            HiddenWidth = 0,
        };
        string[] words =
        [
            "vocabulary", "layers", "context", "keyValueHeads", "dropout", "window", "queryKeyNorm", "gated", "rotaryBase",
            "normalizationEpsilon", "initialDeviation", "logitCap", "hiddenWidth", "width 64, heads 3",
        ];

        string message = Assert.Throws<ArgumentException>(() => new LanguageModel(config, 1, _team)).Message;
        Assert.All(words, word => Assert.Contains(word, message, StringComparison.Ordinal));
        Assert.Throws<ArgumentException>(() => config.CountParameters());
        Assert.Contains("even head width", Assert.Single((TinyModels.Llama with { HeadWidth = 5 }).Problems()), StringComparison.Ordinal);
        Assert.Empty(TinyModels.Gpt2.Problems());
    }

    [Fact]
    public void Programs_outside_the_model_are_refused()
    {
        using var model = new LanguageModel(TinyModels.Gpt2, 1, _team, gradients: false);
        Assert.Throws<ArgumentException>(() => model.Program(1, 161, training: false));
        Assert.Throws<ArgumentException>(() => model.Program(0, 1, training: false));
        Assert.Throws<ArgumentException>(() => model.Program(1, 1, training: true));
        Assert.Same(model.Program(1, 1, training: false), model.Program(1, 1, training: false));
    }

    private static double Deviation(LanguageModel model, string name)
    {
        float[] values = model.Parameters[name].Weights.Span.ToArray();
        return Math.Sqrt(values.Average(v => (double)v * v));
    }
}
