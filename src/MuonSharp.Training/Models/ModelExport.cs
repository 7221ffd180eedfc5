using System.Text.Json.Nodes;
using MuonSharp.Formats;
using MuonSharp.Nn;

namespace MuonSharp.Training;

/// <summary>Writes models for other programs: folders that Hugging Face's libraries load, files that llama.cpp runs.</summary>
/// <remarks>What is written appears under its name when it is complete, and never over something that is there.</remarks>
public static class ModelExport
{
    private const string Operation = "export";

    /// <summary>Writes the model of a run as a folder that Hugging Face's libraries load.</summary>
    /// <param name="runFolder">A run folder.</param>
    /// <param name="folder">The folder to make; it does not exist, or is empty.</param>
    /// <param name="checkpoint">Which checkpoint; by default the newest sound one.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="BadInputException">The model is none that others know, the run has no such checkpoint, or the folder holds something.</exception>
    /// <exception cref="InvalidFileException">The run or its checkpoint is damaged.</exception>
    /// <exception cref="WriteFailedException">The folder could not be written; nothing of it is left.</exception>
    public static ExportedModel ToHuggingFace(string runFolder, string folder, CheckpointChoice checkpoint = default)
    {
        using RunModel run = RunModel.Open(runFolder, threads: 1, checkpoint);
        return ToHuggingFace(run.Model, run.Tokenizer, folder, run.EndOfText) with { Step = run.Step, Notices = run.Notices };
    }

    /// <summary>Writes a stored model again: one file of weights in float32, whatever it was made of.</summary>
    /// <param name="source">A folder with <c>config.json</c>, weights and <c>tokenizer.json</c>, or a GGUF file.</param>
    /// <param name="folder">The folder to make; it does not exist, or is empty.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="BadInputException">The folder holds something.</exception>
    /// <exception cref="InvalidFileException">The source is no model that can be computed here.</exception>
    /// <exception cref="WriteFailedException">The folder could not be written; nothing of it is left.</exception>
    public static ExportedModel Convert(string source, string folder)
    {
        using RunModel stored = RunModel.OpenStored(source, threads: 1);
        return ToHuggingFace(stored.Model, stored.Tokenizer, folder, stored.EndOfText);
    }

    /// <summary>Writes a model as a folder that Hugging Face's libraries load.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="folder">The folder to make; it does not exist, or is empty.</param>
    /// <param name="endOfText">Tokens at which its texts end; null: the tokenizer's own.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="BadInputException">The model is none that others know, or the folder holds something.</exception>
    /// <exception cref="WriteFailedException">The folder could not be written; nothing of it is left.</exception>
    public static ExportedModel ToHuggingFace(LanguageModel model, ITokenizer tokenizer, string folder, IReadOnlyList<int>? endOfText = null)
    {
        ModelFamily family = model.Config.Family.StoredAs(model.Config);
        string[] obstacles = [.. family.Obstacles(model.Config)];
        if (obstacles.Length > 0)
        {
            throw new BadInputException($"[{Operation}] the model must be one that others know; {string.Join("; ", obstacles)}");
        }

        SpecialTokens special = tokenizer.SpecialTokens;
        IReadOnlyList<int> ends = endOfText ?? EndTokens.Of(tokenizer);
        int? end = ends.Count > 0 ? ends[0] : null;
        JsonNode? Ends() => ends.Count > 1 ? new JsonArray([.. ends.Select(token => JsonValue.Create(token))]) : end;
        JsonObject numbers = new() { ["bos_token_id"] = special.Begin ?? end, [EndTokens.Key] = Ends() };
        NewPath.Folder(folder, Operation, part =>
        {
            ModelDirectory.Write(part, model, numbers);
            TokenizerFile.Save(tokenizer, Path.Combine(part, TokenizerFile.Name));
            ReplacedFile.Write(Path.Combine(part, TokenizerConfigFile.Name), Operation, IndentedJson.ToBytes(TokenizerConfig(model.Config, special, end)));
            if (end is not null)
            {
                ReplacedFile.Write(Path.Combine(part, EndTokens.GenerationConfigName), Operation, IndentedJson.ToBytes(numbers));
            }
        });
        return new ExportedModel(folder, family.Name, model.Parameters.ElementCount, new DirectoryInfo(folder).EnumerateFiles().Sum(file => file.Length));
    }

    /// <summary>Writes the model of a run as a GGUF file that llama.cpp runs, tokenizer included.</summary>
    /// <param name="runFolder">A run folder.</param>
    /// <param name="path">The file to make; nothing has the name yet.</param>
    /// <param name="type">How matrices are stored.</param>
    /// <param name="checkpoint">Which checkpoint; by default the newest sound one.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="BadInputException">llama.cpp would compute something else, the run has no such checkpoint, or something has the name.</exception>
    /// <exception cref="InvalidFileException">The run or its checkpoint is damaged.</exception>
    /// <exception cref="WriteFailedException">The file could not be written; nothing of it is left.</exception>
    public static ExportedModel ToGguf(string runFolder, string path, GgufElement type = GgufElement.F32, CheckpointChoice checkpoint = default)
    {
        using RunModel run = RunModel.Open(runFolder, threads: 1, checkpoint);
        return ToGguf(run.Model, run.Tokenizer, path, type, run.EndOfText) with { Step = run.Step, Notices = run.Notices };
    }

    /// <summary>Writes a stored model as a GGUF file.</summary>
    /// <param name="source">A folder with <c>config.json</c>, weights and <c>tokenizer.json</c>, or a GGUF file.</param>
    /// <param name="path">The file to make; nothing has the name yet.</param>
    /// <param name="type">How matrices are stored.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="BadInputException">llama.cpp would compute something else, or something has the name.</exception>
    /// <exception cref="InvalidFileException">The source is no model that can be computed here.</exception>
    /// <exception cref="WriteFailedException">The file could not be written; nothing of it is left.</exception>
    public static ExportedModel ConvertToGguf(string source, string path, GgufElement type = GgufElement.F32)
    {
        using RunModel stored = RunModel.OpenStored(source, threads: 1);
        return ToGguf(stored.Model, stored.Tokenizer, path, type, stored.EndOfText);
    }

    /// <summary>Writes a model as a GGUF file.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="path">The file to make; nothing has the name yet.</param>
    /// <param name="type">How matrices are stored.</param>
    /// <param name="endOfText">Tokens at which its texts end, of which the file names at most three; null: the tokenizer's own.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="BadInputException">llama.cpp would compute something else, or something has the name.</exception>
    /// <exception cref="WriteFailedException">The file could not be written; nothing of it is left.</exception>
    public static ExportedModel ToGguf(LanguageModel model, ITokenizer tokenizer, string path, GgufElement type = GgufElement.F32, IReadOnlyList<int>? endOfText = null)
    {
        IReadOnlyList<string> obstacles = GgufModel.Obstacles(model.Config);
        if (obstacles.Count > 0)
        {
            throw new BadInputException($"[{Operation}] the model must be one that llama.cpp computes; {string.Join("; ", obstacles)}");
        }

        GgufMetadata keys = GgufTokenizer.Describe(tokenizer, model.Config.Vocabulary, endOfText);
        NewPath.File(path, Operation, part => GgufModel.Write(part, model, type, keys, Path.GetFileNameWithoutExtension(path)));
        return new ExportedModel(path, model.Config.Family.StoredAs(model.Config).Name, model.Parameters.ElementCount, new FileInfo(path).Length);
    }

    private static JsonObject TokenizerConfig(LanguageModelConfig config, SpecialTokens special, int? end)
    {
        JsonObject json = new() { ["tokenizer_class"] = "PreTrainedTokenizerFast", ["model_max_length"] = config.Context, ["clean_up_tokenization_spaces"] = false };
        foreach ((string key, int? token) in new[] { ("bos_token", special.Begin ?? end), ("eos_token", end) })
        {
            if (token is { } number && special.Named.FirstOrDefault(pair => pair.Value == number).Key is { } name)
            {
                json[key] = name;
            }
        }

        return json;
    }
}

/// <summary>A model that was written.</summary>
/// <param name="Path">The folder or file.</param>
/// <param name="Form">The family, or the architecture, whose name it has there.</param>
/// <param name="Weights">How many numbers it holds, a tied head counted once.</param>
/// <param name="Bytes">Size of all that was written.</param>
public sealed record ExportedModel(string Path, string Form, long Weights, long Bytes)
{
    /// <summary>Steps that the run had done; null for a model of no run.</summary>
    public long? Step { get; init; }

    /// <summary>What a user should know of the checkpoint, one line each.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];
}
