using System.Text.Json;
using System.Text.Json.Nodes;

namespace MuonSharp.Training;

/// <summary>The <c>tokenizer.json</c> of a run folder.</summary>
public static class TokenizerFile
{
    /// <summary>The file's name in a run folder.</summary>
    public const string Name = "tokenizer.json";

    /// <summary>Reads a tokenizer.</summary>
    /// <param name="path">Path of a <c>tokenizer.json</c>.</param>
    /// <exception cref="BadInputException">The file cannot be read, or describes no tokenizer.</exception>
    public static ITokenizer Load(string path)
    {
        byte[] utf8 = InputFile.ReadAll("tokenizer", path);
        try
        {
            return JsonNode.Parse(utf8) is JsonObject json
                ? TokenizerKinds.FromJson(json, path)
                : throw new BadInputException($"[tokenizer] {path}: the file must hold a JSON object");
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new BadInputException($"[tokenizer] {path}: the file must be JSON with distinct keys", error);
        }
    }

    /// <summary>The file's bytes: the same for the same tokenizer.</summary>
    /// <param name="tokenizer">The tokenizer to write.</param>
    public static byte[] ToBytes(ITokenizer tokenizer) => IndentedJson.ToBytes(tokenizer.ToJson());
}
