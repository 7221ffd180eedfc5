using MuonSharp.Formats;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Language models in GGUF files, as llama.cpp runs them.</summary>
/// <remarks>
/// Architectures <c>gpt2</c>, <c>llama</c>, <c>arcee</c>, <c>qwen3</c> and <c>deepseek2</c>; what llama.cpp would compute otherwise than the model does is refused by name. Matrices have the element type that is
/// asked for, everything with one axis F32; a matrix whose rows are no multiple of 32 is F16 where Q8_0 is asked for.
/// </remarks>
public static class GgufModel
{
    private const string ArchitectureKey = "general.architecture";

    /// <summary>What llama.cpp would compute otherwise than the model does.</summary>
    /// <param name="config">A sound configuration.</param>
    /// <returns>One sentence an obstacle; empty for a model that can be written.</returns>
    public static IReadOnlyList<string> Obstacles(LanguageModelConfig config)
    {
        ModelFamily family = config.Family.StoredAs(config);
        return GgufForm.Of(family) is { } form ? [.. family.Obstacles(config).Concat(form.Obstacles(config)).Distinct(StringComparer.Ordinal)] : [$"llama.cpp is not known to have the family {family}"];
    }

    /// <summary>Writes a model; weights are fetched and encoded a chunk at a time.</summary>
    /// <param name="path">The file; appears under this name only when it is complete.</param>
    /// <param name="model">The model.</param>
    /// <param name="type">How matrices are encoded.</param>
    /// <param name="tokenizer">The keys <c>tokenizer.*</c>.</param>
    /// <param name="name">What the file calls the model.</param>
    /// <exception cref="ArgumentException">llama.cpp would compute something else; the message names every reason.</exception>
    /// <exception cref="WriteFailedException">The file could not be written; what was there before is untouched.</exception>
    public static void Write(string path, LanguageModel model, GgufElement type, GgufMetadata tokenizer, string name)
    {
        IReadOnlyList<string> obstacles = Obstacles(model.Config);
        Rule.Check(obstacles.Count == 0, $"[export] the model must be one that llama.cpp computes; {string.Join("; ", obstacles)}");
        LanguageModelConfig config = model.Config;
        GgufForm form = GgufForm.Of(config.Family.StoredAs(config))!;
        GgufMetadata metadata = new();
        metadata.Add(ArchitectureKey, form.Architecture);
        metadata.Add("general.name", name);
        metadata.Add("general.file_type", type switch { GgufElement.F32 => 0u, GgufElement.F16 => 1u, GgufElement.Q80 => 7u, _ => 32u });
        metadata.Add("general.quantization_version", 2);
        form.Describe(config, metadata);
        metadata.AddAll(tokenizer);
        List<GgufTensor> tensors = [.. form.Map(config, model.Tensors).Content(model.Parameters).Select(tensor => new GgufTensor(tensor.Name, tensor.Shape, Encoding(tensor, type), tensor.Read))];
        if (GgufRotary.Divisors(config, config.EffectiveHeadWidth) is { } divisors)
        {
            tensors.Add(new GgufTensor(GgufRotary.Factors, [divisors.Length], GgufElement.F32, (start, values) => divisors.AsSpan((int)start, values.Length).CopyTo(values)));
        }

        GgufWriter.Write(path, metadata, tensors);
    }

    /// <summary>The configuration of a file's model.</summary>
    /// <param name="file">The file.</param>
    /// <returns>A sound configuration.</returns>
    /// <exception cref="InvalidFileException">The architecture is another one, or a key is missing or cannot be computed.</exception>
    public static LanguageModelConfig ReadConfig(GgufFile file)
    {
        GgufForm form = Form(file);
        GgufKeys.RefuseUnknown(file.Metadata, form.Architecture);
        LanguageModelConfig config = form.Read(file.Metadata, file);
        IReadOnlyList<string> problems = config.Problems();
        return problems.Count == 0 ? config : throw file.Metadata.Broken($"the keys must describe a model; {string.Join("; ", problems)}");
    }

    /// <summary>Makes the model of a file: memory is allocated, and the weights read into it.</summary>
    /// <param name="file">The file.</param>
    /// <param name="team">Workers of the model, not owned; null makes a team of all cores that goes with the model.</param>
    /// <param name="gradients">Whether the model will be trained; false (default) saves the gradients' memory.</param>
    /// <returns>The model, whose weights are float whatever the file has.</returns>
    /// <exception cref="InvalidFileException">The file does not hold a model that can be computed here.</exception>
    public static LanguageModel Load(GgufFile file, WorkerTeam? team = null, bool gradients = false)
    {
        LanguageModelConfig config = ReadConfig(file);
        return StoredWeights.Load(config, file, own => Map(file, config, own), team, gradients);
    }

    /// <summary>Reads the weights of a file into a model that is there.</summary>
    /// <param name="file">The file.</param>
    /// <param name="model">A model of the file's configuration.</param>
    /// <exception cref="InvalidFileException">The file does not hold the tensors of the model.</exception>
    public static void ReadWeights(GgufFile file, LanguageModel model) => Map(file, model.Config, model.Tensors).Read(file, model.Parameters);

    private static TensorMap Map(GgufFile file, LanguageModelConfig config, TensorMap own)
    {
        TensorMap map = Form(file).Map(config, own);
        return config.RotaryScaling is Llama3RotaryScaling ? GgufRotary.WithoutFactors(map) : map;
    }

    private static GgufForm Form(GgufFile file)
    {
        string architecture = file.Metadata.Text(ArchitectureKey);
        return GgufForm.All.FirstOrDefault(form => form.Architecture == architecture)
            ?? throw file.Metadata.Wrong(ArchitectureKey, $"one of those that can be computed here, {string.Join(", ", GgufForm.All.Select(form => form.Architecture))}");
    }

    private static GgufElement Encoding(TensorContent tensor, GgufElement type) =>
        tensor.Shape.Length == 1 || tensor.Name.StartsWith("position_embd", StringComparison.Ordinal) || tensor.Name.Contains("ffn_gate_inp", StringComparison.Ordinal) ? GgufElement.F32
        : type == GgufElement.Q80 && tensor.Shape[^1] % 32 != 0 ? GgufElement.F16 : type;
}
