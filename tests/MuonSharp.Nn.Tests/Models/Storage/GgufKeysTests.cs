using MuonSharp.Formats;

namespace MuonSharp.Nn.Tests.Models.Storage;

/// <summary>What a GGUF file says of its model that is not computed here is refused by name.</summary>
public sealed class GgufKeysTests : IDisposable
{
    private readonly Folder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("llama.attention.sliding_window", 16u, "'llama.attention.sliding_window' must be known: it is not, and may change what the model computes; 16 came")]
    [InlineData("llama.expert_count", 8u, "'llama.expert_count' must be known")]
    [InlineData("llama.logit_scale", 0.5f, "'llama.logit_scale' must be known")]
    [InlineData("split.count", 3u, "'split.count' must be 1: a model in one file; 3 came")]
    [InlineData("llama.expert_count", 0u, null)]
    [InlineData("general.license", "mit", null)]
    public void A_key_that_may_change_the_model_is_refused(string key, object value, string? problem) => Check(metadata => Add(metadata, key, value), [], problem);

    [Fact]
    public void Frequencies_of_no_scaling_that_has_a_name_are_refused() => Check(
        _ => { },
        [new GgufTensor("rope_freqs.weight", [8], GgufElement.F32, (start, values) => { for (int i = 0; i < values.Length; i++) values[i] = 1 + start + i; })],
        "rotary frequencies must be those of a base and a scaling that has a name; tensor 'rope_freqs.weight' with others came");

    [Fact]
    public void Another_architecture_is_refused_by_name()
    {
        GgufMetadata metadata = new();
        metadata.Add("general.architecture", "mamba");
        string path = _folder.At("model.gguf");
        GgufWriter.Write(path, metadata, []);
        using GgufFile file = GgufFile.Open(path);
        Assert.Contains("gpt2, llama, arcee, qwen3, deepseek2; 'mamba' came", Assert.Throws<InvalidFileException>(() => GgufModel.ReadConfig(file)).Message, StringComparison.Ordinal);
    }

    private void Check(Action<GgufMetadata> change, IEnumerable<GgufTensor> more, string? problem)
    {
        string path = _folder.At("model.gguf"), other = _folder.At("other.gguf");
        using (LanguageModel model = ModelDirectory.Load(Folder.Golden("llama-gqa"))) GgufModel.Write(path, model, GgufElement.F32, new GgufMetadata(), "golden");
        using (GgufFile source = GgufFile.Open(path))
        {
            GgufMetadata metadata = new();
            foreach ((string key, object value) in source.Metadata) Add(metadata, key, value);
            change(metadata);
            GgufWriter.Write(other, metadata, [.. source.Tensors.Select(tensor => new GgufTensor(tensor.Name, [.. tensor.Shape.Select(size => (int)size)], tensor.Type, (start, values) => source.ReadFloats(tensor.Name, start, values))), .. more]);
        }

        using GgufFile file = GgufFile.Open(other);
        if (problem is null)
        {
            Assert.Equal(ModelFamilies.Llama, GgufModel.ReadConfig(file).Family);
            return;
        }

        string message = Assert.Throws<InvalidFileException>(() => GgufModel.ReadConfig(file)).Message;
        Assert.Contains(problem, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    private static void Add(GgufMetadata metadata, string key, object value)
    {
        switch (value)
        {
            case string text: metadata.Add(key, text); break;
            case uint number: metadata.Add(key, number); break;
            case float number: metadata.Add(key, number); break;
            case bool flag: metadata.Add(key, flag); break;
            default: throw new ArgumentException(key);
        }
    }
}
