using MuonSharp.Formats;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn.Tests.Models.Storage;

public sealed class ModelDirectoryTests : IDisposable
{
    private readonly WorkerTeam _team = new(2);
    private readonly Folder _folder = new();

    public void Dispose()
    {
        _folder.Dispose();
        _team.Dispose();
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("gpt2 without biases")]
    [InlineData("llama")]
    [InlineData("arcee")]
    public void A_model_that_was_written_gives_the_same_bits_when_it_is_read(string name)
    {
        LanguageModelConfig config = name switch
        {
            "gpt2" => TinyModels.Gpt2,
            "gpt2 without biases" => TinyModels.Gpt2 with { Biases = false },
            "llama" => TinyModels.Llama,
            _ => TinyModels.Llama with { QueryKeyNorm = false, Window = null, Gated = false, Activation = Activation.ReluSquared },
        };
        using LanguageModel model = new(config, 7, _team);
        ModelDirectory.Write(_folder.Path, model);
        using LanguageModel read = ModelDirectory.Load(_folder.Path, _team);
        Assert.Equal(Loss(model), Loss(read));
        using var file = SafetensorsFile.Open(_folder.At("model.safetensors"));
        Assert.Equal(read.Parameters.Parameters.Select(parameter => parameter.Name).Order(StringComparer.Ordinal), file.Names.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Experts_are_stored_one_by_one_and_with_their_biases()
    {
        using LanguageModel model = new(TinyModels.DeepSeek, 7, _team);
        ModelBuffer bias = model.Parameters.Buffers.Single();
        ((float[])[0.3f, 0, 0, -0.2f, 0, 0.1f, 0, 0]).CopyTo(bias.Values.Span);
        ModelDirectory.Write(_folder.Path, model);
        using LanguageModel read = ModelDirectory.Load(_folder.Path, _team);
        Assert.Equal(Loss(model), Loss(read));
        Assert.Equal(bias.Values.Span.ToArray(), read.Parameters.Buffers.Single().Values.Span.ToArray());
        using var file = SafetensorsFile.Open(_folder.At("model.safetensors"));
        float[] stack = model.Parameters["model.layers.1.mlp.experts.down_proj.weight"].Weights.Span.ToArray();
        for (int expert = 0; expert < 8; expert++)
        {
            Assert.Equal(stack[(expert * 64 * 24)..((expert + 1) * 64 * 24)], Floats(file, $"model.layers.1.mlp.experts.{expert}.down_proj.weight"));
        }

        Assert.Contains("model.layers.1.mlp.gate.e_score_correction_bias", file.Names);
        Assert.DoesNotContain("model.layers.1.mlp.experts.down_proj.weight", file.Names);
    }

    [Fact]
    public void Files_as_Hugging_Face_has_them_of_GPT2_lack_the_first_name_and_hold_masks()
    {
        using LanguageModel model = new(TinyModels.Gpt2, 7, _team);
        ModelDirectory.Write(_folder.Path, model);
        using (var file = SafetensorsFile.Open(_folder.At("model.safetensors")))
        {
            List<NamedTensor> tensors = [new("h.0.attn.bias", [1, 1, 2, 2], new float[4]), new("h.1.attn.masked_bias", [1], new float[1])];
            tensors.AddRange(file.Tensors.Select(tensor => new NamedTensor(tensor.Name.Replace("transformer.", "", StringComparison.Ordinal), tensor.Shape.AsSpan(), Floats(file, tensor.Name))));
            SafetensorsWriter.Write(_folder.At("other"), tensors);
        }

        File.Move(_folder.At("other"), _folder.At("model.safetensors"), overwrite: true);
        using LanguageModel read = ModelDirectory.Load(_folder.Path, _team);
        Assert.Equal(Loss(model), Loss(read));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_tied_head_may_be_stored_again_if_it_is_the_embedding(bool same)
    {
        using LanguageModel model = new(TinyModels.Llama with { TiedHead = true }, 7, _team);
        ModelDirectory.Write(_folder.Path, model);
        NamedTensor[] tensors = [.. model.Tensors.Content(model.Parameters).Select(tensor => tensor.ToNamed())];
        float[] head = model.Parameters["model.embed_tokens.weight"].Weights.Span.ToArray();
        head[^1] += same ? 0 : 1;
        SafetensorsWriter.Write(_folder.At("model.safetensors"), [.. tensors, new("lm_head.weight", [TinyModels.Vocabulary, 64], head)]);
        if (same)
        {
            using LanguageModel read = ModelDirectory.Load(_folder.Path, _team);
            Assert.Equal(Loss(model), Loss(read));
        }
        else
        {
            InvalidFileException refused = Assert.Throws<InvalidFileException>(() => ModelDirectory.Load(_folder.Path, _team));
            Assert.Contains("tensor 'lm_head.weight' must be a copy of 'model.embed_tokens.weight'", refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Half_precision_is_read_as_it_is_rounded()
    {
        using LanguageModel model = new(TinyModels.Llama, 7, _team);
        ModelDirectory.Write(_folder.Path, model);
        NamedTensor[] halves = [.. model.Parameters.Parameters.Select((parameter, number) =>
        {
            Span<float> weights = parameter.Weights.Span;
            byte[] bytes = new byte[2 * weights.Length];
            for (int i = 0; i < weights.Length; i++)
            {
                bool brain = number % 2 == 0;
                ushort bits = brain ? (ushort)(BitConverter.SingleToUInt32Bits(weights[i]) >> 16) : BitConverter.HalfToUInt16Bits((Half)weights[i]);
                BitConverter.TryWriteBytes(bytes.AsSpan(2 * i), bits);
                weights[i] = brain ? BitConverter.UInt32BitsToSingle((uint)bits << 16) : (float)BitConverter.UInt16BitsToHalf(bits);
            }

            return new NamedTensor(parameter.Name, number % 2 == 0 ? TensorType.BF16 : TensorType.F16, [.. parameter.Shape.Select(size => (long)size)], bytes);
        })];
        SafetensorsWriter.Write(_folder.At("model.safetensors"), halves);
        using LanguageModel read = ModelDirectory.Load(_folder.Path, _team);
        Assert.Equal(Loss(model), Loss(read));
    }

    [Theory]
    [InlineData("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3", "tensor 'model.layers.2.input_layernorm.weight' must be [64]; none came")]
    [InlineData("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1", "tensor 'model.layers.1.input_layernorm.weight' belongs to no parameter")]
    [InlineData("\"intermediate_size\": 96", "\"intermediate_size\": 95", "tensor 'model.layers.0.mlp.gate_proj.weight' must be [95, 64]; [96, 64] came")]
    public void Weights_of_another_configuration_are_refused(string old, string now, string problem)
    {
        _folder.With("llama-gqa").Replace("config.json", old, now);
        InvalidFileException refused = Assert.Throws<InvalidFileException>(() => ModelDirectory.Load(_folder.Path, _team));
        Assert.Contains(problem, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_a_model_is_none()
    {
        Assert.False(ModelDirectory.IsOne(_folder.Path));
        Assert.False(ModelDirectory.IsOne(_folder.At("nowhere")));
        Assert.True(ModelDirectory.IsOne(Folder.Golden("gpt2")));
        File.WriteAllText(_folder.At("config.json"), "{\"model\": {\"layers\": 2}}");
        Assert.False(ModelDirectory.IsOne(_folder.Path));
        Assert.Contains("model_type must be text that is not empty; it is missing", Assert.Throws<InvalidFileException>(() => ModelDirectory.Load(_folder.Path)).Message, StringComparison.Ordinal);
        Assert.Contains("there is no such folder", Assert.Throws<InvalidFileException>(() => ModelDirectory.Load(_folder.At("nowhere"))).Message, StringComparison.Ordinal);
    }

    private static float[] Floats(SafetensorsFile file, string name)
    {
        float[] floats = new float[file.Get(name).Count];
        file.ReadFloats(name, floats);
        return floats;
    }

    private static double Loss(LanguageModel model)
    {
        LanguageProgram program = model.Program(2, 9, training: false);
        TinyModels.Write(program);
        return program.Forward();
    }
}
