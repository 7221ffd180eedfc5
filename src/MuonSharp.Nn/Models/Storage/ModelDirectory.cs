using System.Text.Json.Nodes;
using MuonSharp.Formats;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>A language model in a folder as Hugging Face's libraries have it: <c>config.json</c>, and <c>model.safetensors</c> or several files with an index.</summary>
/// <remarks>Weights may be stored as F32, F16, BF16 or F64; here they are float, and written as F32. The tokenizer's file beside them is a matter of who uses the model.</remarks>
public static class ModelDirectory
{
    /// <summary>Name of the configuration's file.</summary>
    public const string ConfigName = "config.json";

    private const string TypeKey = "model_type";

    private static readonly JsonOptions s_options = new() { Operation = "model" };

    /// <summary>Whether a folder holds a stored model: a configuration that names a family.</summary>
    /// <param name="folder">The folder; it need not exist.</param>
    public static bool IsOne(string folder)
    {
        string path = Path.Combine(folder, ConfigName);
        try
        {
            return File.Exists(path) && JsonFile.Read(path, s_options) is { Kind: System.Text.Json.JsonValueKind.Object } json && json[TypeKey].TryText(out _);
        }
        catch (InvalidFileException)
        {
            return false;
        }
    }

    /// <summary>The configuration of a stored model.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="families">Families that may be in it; null: those of this library.</param>
    /// <returns>A sound configuration.</returns>
    /// <exception cref="InvalidFileException">It cannot be read, is of another family, or has a setting that the family cannot compute.</exception>
    public static LanguageModelConfig ReadConfig(string folder, IReadOnlyList<ModelFamily>? families = null)
    {
        if (PathProblem.OfNoFolder(folder) is { } problem)
        {
            throw new InvalidFileException(s_options.Operation, folder, $"the folder of a model is needed; {problem}");
        }

        return ReadConfig(StoredSettings.Read(Path.Combine(folder, ConfigName)), families);
    }

    /// <summary>The configuration that some settings describe.</summary>
    /// <param name="settings">The content of a <c>config.json</c>.</param>
    /// <param name="families">Families that it may be of; null: those of this library.</param>
    /// <returns>A sound configuration.</returns>
    /// <exception cref="InvalidFileException">It is of another family, or has a setting that the family cannot compute.</exception>
    public static LanguageModelConfig ReadConfig(StoredSettings settings, IReadOnlyList<ModelFamily>? families = null)
    {
        families ??= ModelFamilies.All;
        ModelFamily family = families.FirstOrDefault(known => known.Name == settings.Type)
            ?? throw settings[TypeKey].Wrong($"one of the families that can be computed here, {string.Join(", ", families)}");
        LanguageModelConfig config = family.Read(settings);
        IReadOnlyList<string> problems = config.Problems();
        return problems.Count == 0 ? config : throw settings[TypeKey].Broken($"the settings must describe a model; {string.Join("; ", problems)}");
    }

    /// <summary>Makes a stored model: the configuration is read, memory allocated, and the weights read into it.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="team">Workers of the model, not owned; null makes a team of all cores that goes with the model.</param>
    /// <param name="gradients">Whether the model will be trained; false (default) saves the gradients' memory.</param>
    /// <param name="families">Families that may be in it; null: those of this library.</param>
    /// <returns>The model.</returns>
    /// <exception cref="InvalidFileException">A file cannot be read, or does not hold a model that can be computed here.</exception>
    public static LanguageModel Load(string folder, WorkerTeam? team = null, bool gradients = false, IReadOnlyList<ModelFamily>? families = null)
    {
        LanguageModelConfig config = ReadConfig(folder, families);
        using var weights = SafetensorsFolder.Open(folder);
        return StoredWeights.Load(config, weights, map => map, team, gradients);
    }

    /// <summary>Writes configuration and weights, as the transformers library loads them; weights go from the model's memory to the file.</summary>
    /// <param name="folder">A folder that exists; files of these names are replaced.</param>
    /// <param name="model">The model.</param>
    /// <param name="more">Further keys of the configuration, such as the numbers of special tokens; they replace those of the family.</param>
    /// <exception cref="ArgumentException">The family's files cannot say what the model is; the message names every reason.</exception>
    /// <exception cref="WriteFailedException">A file could not be written.</exception>
    public static void Write(string folder, LanguageModel model, JsonObject? more = null)
    {
        LanguageModelConfig config = model.Config;
        ModelFamily family = config.Family.StoredAs(config);
        string[] obstacles = [.. family.Obstacles(config)];
        Rule.Check(obstacles.Length == 0, $"[export] the model must be one that others know; {string.Join("; ", obstacles)}");
        JsonObject json = family.Write(config);
        foreach ((string key, JsonNode? value) in more ?? [])
        {
            json[key] = value?.DeepClone();
        }

        SafetensorsWriter.Write(
            Path.Combine(folder, SafetensorsFolder.FileName),
            model.Tensors.Content(model.Parameters).Select(tensor => tensor.ToNamed()),
            new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = "pt" });
        ReplacedFile.Write(Path.Combine(folder, ConfigName), s_options.Operation, IndentedJson.ToBytes(json));
    }
}
